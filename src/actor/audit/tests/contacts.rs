//! Personal data beside the journal.

use super::documents::placed;
use super::shop::Shop;
use crate::domain::desk::Verb;
use crate::domain::desk::command::PlaceOrder;

const ADDRESS: &str = "Erika Mustermann, Heidestrasse 17";

/// An order that keeps its contact is right, and so is one that was erased; a contact that is gone without a word, that
/// has come back or that is of no order is named, and what is in it never told.
#[test]
fn contacts_belong_to_orders_that_keep_them() {
    let told = actix::System::new().block_on(async {
        let order = PlaceOrder { contact: Some(ADDRESS.into()), ..placed() };
        let id = order.id.clone();
        let mut shop = Shop::for_document(&id);
        shop.desk(Verb::Place(Box::new(order))).await;
        assert_eq!(shop.problems().await, Vec::<String>::new());
        shop.forge_contact(id.as_str(), None).await;
        let mut told = shop.problems().await;
        shop.desk(Verb::EraseContact { order: id.clone(), force: true }).await;
        assert_eq!(shop.problems().await, Vec::<String>::new());
        shop.forge_contact(id.as_str(), Some(ADDRESS)).await;
        shop.forge_contact("07-nobodys", Some(ADDRESS)).await;
        told.extend(shop.problems().await);
        let desk = shop.desk(Verb::EraseContact { order: id.clone(), force: false }).await;
        assert_eq!(desk.id(), &id);
        assert_eq!(shop.problems().await.len(), 1);
        (id, told)
    });
    let (id, told) = told;
    let expected = [
        format!("the contact of {id} is missing"),
        format!("the contact of {id} is there, though its order says that it was erased"),
        "the contact of 07-nobodys is of no order".to_owned(),
    ];
    assert_eq!(told.len(), expected.len(), "{told:?}");
    assert!(expected.iter().all(|problem| told.contains(problem)), "{told:?}");
    assert!(!format!("{told:?}").contains("Erika"));
}
