//! The page a buyer follows an order on.

use std::borrow::Cow;

use jiff::civil::DateTime;

use super::Words;
use crate::edge::wire::time::Time;
use crate::edge::wire::tracking::{SupportAnswer, TrackedOrder, TrackedParcel};

/// How it looks: one column for phones, light or dark as the reader's device is.
const STYLE: &str = include_str!("page.css");

/// The page of an order. `local` turns times into what a clock at the warehouse shows.
pub(in crate::edge::http) fn tracking(
    words: Words,
    order: &TrackedOrder,
    local: impl Fn(Time) -> DateTime,
) -> String {
    let number = escaped(order.order.0.as_str());
    let title = format!("{} {number}", words.say("Order", "Bestellung"));
    let mut main = format!("<h1>{title}</h1>\n<p class=\"state\">{}</p>\n", order.text);
    if let Some(expected) = order.expected {
        let day = words.day(local(expected));
        let said = if order.late {
            words.say("It was expected by", "Sie sollte eintreffen bis zum")
        } else {
            words.say("Expected by", "Voraussichtlich bis zum")
        };
        let late = words.say(". It is late, and we are sorry.", ". Sie verspätet sich, das tut uns leid.");
        let end = if order.late { late } else { "" };
        main.push_str(&format!("<p>{said} <strong>{day}</strong>{end}</p>\n"));
    }
    let several = order.parcels.len() > 1;
    for (parcel, number) in order.parcels.iter().zip(1..) {
        let of = several.then_some((number, order.parcels.len()));
        main.push_str(&section(words, parcel, of, &local));
    }
    if order.to_follow > 0 && !order.parcels.is_empty() {
        let units = words.units(order.to_follow);
        let german = if order.to_follow == 1 { "folgt noch" } else { "folgen noch" };
        main.push_str(&format!("<p>{units} {}.</p>\n", words.say("will follow", german)));
    }
    main.push_str(&support(words, &order.support));
    document(words, &title, &main)
}

/// The page of a link that leads nowhere, or not any more.
pub(in crate::edge::http) fn missing(words: Words) -> String {
    let title = words.say("Nothing to see here", "Hier ist nichts zu sehen");
    let text = words.say(
        "This link is not known, or it has expired. Please look for the newest message of the shop, or ask there.",
        "Dieser Link ist nicht bekannt oder abgelaufen. Bitte sehen Sie in der letzten Nachricht des Shops nach, oder \
         fragen Sie dort.",
    );
    document(words, title, &format!("<h1>{title}</h1>\n<p>{text}</p>\n"))
}

fn document(words: Words, title: &str, main: &str) -> String {
    let language = words.tag();
    format!(
        "<!doctype html>\n<html lang=\"{language}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"robots\" content=\"noindex, nofollow\">\n<meta name=\"referrer\" content=\"no-referrer\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n{main}</main>\n</body>\n</html>\n"
    )
}

fn section(
    words: Words,
    parcel: &TrackedParcel,
    of: Option<(usize, usize)>,
    local: &impl Fn(Time) -> DateTime,
) -> String {
    let mut text = format!("<section class=\"parcel {}\">\n", parcel.state);
    if let Some((number, all)) = of {
        let (parcel, of) = (words.say("Parcel", "Paket"), words.say("of", "von"));
        text.push_str(&format!("<p class=\"small\">{parcel} {number} {of} {all}</p>\n"));
    }
    text.push_str(&format!("<h2>{}</h2>\n", parcel.text));
    if let Some(problem) = &parcel.problem {
        text.push_str(&format!("<p class=\"problem\" role=\"alert\">{}</p>\n", escaped(problem)));
    }
    let mut facts = Vec::new();
    if let Some(at) = parcel.at {
        facts.push((words.say("When", "Wann"), words.moment(local(at)).into()));
    }
    if let Some(place) = &parcel.place {
        facts.push((words.say("Where", "Wo"), escaped(place)));
    }
    if let Some(carrier) = &parcel.carrier {
        facts.push((words.say("Carrier", "Paketdienst"), escaped(carrier.0.as_str())));
    }
    if let Some(tracking) = &parcel.tracking {
        let number = format!("<span class=\"number\">{}</span>", escaped(tracking.0.as_str()));
        facts.push((words.say("Tracking number", "Sendungsnummer"), number.into()));
    }
    if let Some(units) = parcel.units {
        facts.push((words.say("Contents", "Inhalt"), words.units(units).into()));
    }
    text.push_str(&list(&facts));
    text.push_str("</section>\n");
    text
}

fn support(words: Words, support: &SupportAnswer) -> String {
    let SupportAnswer { name, email, phone, hours } = support;
    let link = |scheme: &str, to: &str, shown: &str| {
        Cow::from(format!("<a href=\"{scheme}:{}\">{}</a>", escaped(to), escaped(shown)))
    };
    let mut facts = Vec::new();
    if let Some(name) = name {
        facts.push((words.say("Who", "Wer"), escaped(name)));
    }
    if let Some(email) = email {
        facts.push((words.say("E-mail", "E-Mail"), link("mailto", email, email)));
    }
    if let Some(phone) = phone {
        let dialled: String = phone.chars().filter(|sign| sign.is_ascii_digit() || *sign == '+').collect();
        facts.push((words.say("Phone", "Telefon"), link("tel", &dialled, phone)));
    }
    if let Some(hours) = hours {
        facts.push((words.say("Hours", "Zeiten"), escaped(hours)));
    }
    if facts.is_empty() {
        return String::new();
    }
    let title = words.say("Questions?", "Fragen?");
    format!("<section>\n<h2>{title}</h2>\n{}</section>\n", list(&facts))
}

fn list(facts: &[(&str, Cow<'_, str>)]) -> String {
    if facts.is_empty() {
        return String::new();
    }
    let rows = facts.iter().map(|(name, said)| format!("<div><dt>{name}</dt><dd>{said}</dd></div>\n"));
    format!("<dl>\n{}</dl>\n", rows.collect::<String>())
}

/// A text as it may stand between tags and in an attribute.
fn escaped(text: &str) -> Cow<'_, str> {
    if !text.contains(['&', '<', '>', '"', '\'']) {
        return text.into();
    }
    let mut safe = String::with_capacity(text.len().saturating_add(16));
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::{OrderNumber, Reference};
    use crate::edge::wire::text::Text;

    fn order() -> TrackedOrder {
        let tracking = Some(Text(Reference::stored("<script>1</script>")));
        let parcel = TrackedParcel {
            state: "exception",
            text: Words::English.say("Delivery problem", "Problem bei der Zustellung"),
            units: Some(2),
            at: Some(Time::parse("2026-11-25T13:05:00Z").unwrap()),
            carrier: Some(Text(Reference::stored("dhl & co"))),
            tracking,
            place: None,
            problem: Some("The carrier could not deliver: no \"bell\"".to_owned()),
        };
        TrackedOrder {
            order: Text(OrderNumber::stored("o-1\"><b>")),
            state: "shipped",
            text: "Your order is on its way.",
            expected: Some(Time::parse("2026-11-27T23:00:00Z").unwrap()),
            late: false,
            parcels: vec![parcel],
            to_follow: 1,
            support: SupportAnswer {
                name: Some("Ada & Co".to_owned()),
                email: Some("help@shop.example".to_owned()),
                phone: Some("+49 30 1234".to_owned()),
                hours: None,
            },
        }
    }

    fn utc(time: Time) -> DateTime {
        jiff::Timestamp::from_millisecond(time.0.as_millis())
            .unwrap()
            .to_zoned(jiff::tz::TimeZone::UTC)
            .datetime()
    }

    /// What came from outside is text on the page and nothing else, and the page asks nothing from anywhere.
    #[test]
    fn texts_stay_texts() {
        let page = tracking(Words::English, &order(), utc);
        for there in [
            "<h1>Order o-1&quot;&gt;&lt;b&gt;</h1>",
            "dhl &amp; co",
            "&lt;script&gt;1&lt;/script&gt;",
            "The carrier could not deliver: no &quot;bell&quot;",
            "25 November 2026, 13:05",
            "<strong>27 November 2026</strong>",
            "<a href=\"tel:+49301234\">+49 30 1234</a>",
            "<a href=\"mailto:help@shop.example\">help@shop.example</a>",
            "1 item will follow.",
        ] {
            assert!(page.contains(there), "{there} is missing in {page}");
        }
        for absent in ["<script", "src=", "url(", "@import", "http://", "https://", "<b>"] {
            assert!(!page.contains(absent), "{absent} is in {page}");
        }
    }

    /// Each language has its own dates and numbers.
    #[test]
    fn languages_differ() {
        let page = tracking(Words::German, &order(), utc);
        for there in
            ["lang=\"de\"", "Bestellung o-1", "25. November 2026, 13:05 Uhr", "2 Artikel", "folgt noch."]
        {
            assert!(page.contains(there), "{there} is missing in {page}");
        }
        assert!(missing(Words::German).contains("abgelaufen") && missing(Words::English).contains("expired"));
    }
}
