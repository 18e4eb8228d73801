//! Personal data beside the journal.

use super::documents::placed;
use super::shop::Shop;
use crate::domain::desk::Verb;
use crate::domain::desk::command::PlaceOrder;

const ADDRESS: &str = "Erika Mustermann, Heidestrasse 17";

/// An order that keeps its contact is right, and so is one that was erased; a contact that is gone without a word, that
/// has come back or that is of no order is named, and what is in it never told.
#[tokio::test]
async fn contacts_belong_to_orders_that_keep_them() {
    let order = PlaceOrder { contact: Some(ADDRESS.as_bytes().to_vec().into()), ..placed() };
    let id = order.id.clone();
    let mut shop = Shop::for_document(&id);
    shop.desk(Verb::Place(Box::new(order))).await;
    assert_eq!(shop.problems().await, Vec::<String>::new());
    shop.forge_contact(id.as_str(), None).await;
    assert_eq!(shop.problems().await, [format!("the contact of {id} is missing")]);
    shop.desk(Verb::EraseContact { order: id.clone(), force: true }).await;
    assert_eq!(shop.problems().await, Vec::<String>::new());
    shop.forge_contact(id.as_str(), Some(ADDRESS)).await;
    shop.forge_contact("07-nobodys", Some(ADDRESS)).await;
    let mut expected = [
        format!("the contact of {id} is there, though its order says that it was erased"),
        "the contact of 07-nobodys is of no order".to_owned(),
    ];
    expected.sort_unstable();
    assert_eq!(shop.problems().await, expected);
    shop.desk(Verb::EraseContact { order: id.clone(), force: false }).await;
    assert_eq!(shop.problems().await.len(), 1);
}
