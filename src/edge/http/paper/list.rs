//! Pick lists for the printer: plain text of 100 columns, each list on a page of its own.

use std::fmt::Write;

use crate::edge::wire::picking::{PickBox, PickLine, PickList, PickListsAnswer};

/// What a printer takes as the end of a page.
const PAGE_END: char = '\u{c}';

/// Every list, each on a page of its own.
pub(in crate::edge::http) fn pick_lists(answer: &PickListsAnswer) -> String {
    let place = match &answer.name {
        Some(name) => format!("{} {name}", answer.warehouse.0),
        None => answer.warehouse.0.to_string(),
    };
    let mut text = String::new();
    for list in &answer.lists {
        if list.list > 1 {
            text.push(PAGE_END);
        }
        let (number, of, at) = (list.list, answer.lists.len(), answer.at);
        let (boxes, units) = (list.boxes.len(), list.units);
        line(
            &mut text,
            format_args!("Pick list {number} of {of}   {place}   {at}   {boxes} boxes, {units} units"),
        );
        text.push('\n');
        shelves(&mut text, list);
        text.push('\n');
        for parcel in &list.boxes {
            line(&mut text, format_args!("{}", boxed(parcel)));
        }
    }
    if answer.lists.is_empty() {
        line(&mut text, format_args!("Nothing to pick   {place}   {}", answer.at));
    }
    if answer.left > 0 {
        line(&mut text, format_args!("\nNot on these lists: {} more", answer.left));
    }
    text
}

fn shelves(text: &mut String, list: &PickList) {
    line(
        text,
        format_args!(
            "    {} {:>5}  {} {} {:<14} box (units)",
            cell("bin", 12),
            "units",
            cell("SKU", 18),
            cell("title", 28),
            "GTIN"
        ),
    );
    for goods in &list.lines {
        let PickLine { bin, sku, title, gtin, quantity, parts } = goods;
        let boxes = parts.iter().map(|part| format!("{} ({})", part.tote, part.quantity));
        let boxes = boxes.collect::<Vec<_>>().join(", ");
        let (bin, title) = (bin.as_deref().unwrap_or("-"), title.as_deref().unwrap_or("-"));
        let gtin = gtin.as_deref().unwrap_or("-");
        line(
            text,
            format_args!(
                "[ ] {} {quantity:>5}  {} {} {gtin:<14} {boxes}",
                cell(bin, 12),
                cell(sku.0.as_str(), 18),
                cell(&begun(title, 28), 28)
            ),
        );
    }
}

fn boxed(parcel: &PickBox) -> String {
    let PickBox { tote, fulfilment, order, channel, units, promise_by, pickup, .. } = parcel;
    let how = if *pickup { ", to be collected" } else { "" };
    let promise = promise_by.map(|at| format!(", promised for {at}")).unwrap_or_default();
    format!(
        "box {tote:>3}: {}, order {} on {}, {units} units{how}{promise}",
        fulfilment.0, order.0, channel.0
    )
}

/// The beginning of a title: the SKU beside it says which goods they are.
fn begun(title: &str, width: usize) -> String {
    match title.char_indices().nth(width) {
        None => title.to_owned(),
        Some(_) => title.chars().take(width.saturating_sub(1)).chain(['…']).collect(),
    }
}

/// A text in a column of so many letters; a longer one moves what follows, so that nothing is cut off.
fn cell(text: &str, width: usize) -> String {
    format!("{text:<width$}")
}

fn line(text: &mut String, said: std::fmt::Arguments<'_>) {
    if writeln!(text, "{said}").is_err() {
        debug_assert!(false, "a text in memory takes what is written");
    }
}
