//! What a reader would rather have: media types and languages, by their weights (RFC 9110 §12.5).

use axum::http::{HeaderMap, HeaderName, header};

/// Weights are thousandths.
const WHOLE: u32 = 1_000;

/// The one of the media types offered that the reader prefers; the first where it has no preference, or takes none.
pub(super) fn media(headers: &HeaderMap, offered: [&'static str; 2]) -> &'static str {
    let said = weights(headers, header::ACCEPT);
    best(offered, |kind| {
        let of = |pattern: &str| {
            let group = kind.split('/').next().unwrap_or_default();
            if pattern == kind {
                3
            } else if pattern.strip_suffix("/*") == Some(group) {
                2
            } else {
                u32::from(pattern == "*/*")
            }
        };
        weight(&said, of)
    })
}

/// The one of the languages offered that the reader prefers; the first where it has no preference, or reads none.
pub(super) fn language(headers: &HeaderMap, offered: [&'static str; 2]) -> &'static str {
    let said = weights(headers, header::ACCEPT_LANGUAGE);
    best(offered, |language| {
        let of = |tag: &str| {
            if tag.split('-').next() == Some(language) { 2 } else { u32::from(tag == "*") }
        };
        weight(&said, of)
    })
}

/// The heaviest; of equals the first.
fn best(offered: [&'static str; 2], weight: impl Fn(&str) -> u32) -> &'static str {
    let [first, second] = offered;
    if weight(second) > weight(first) { second } else { first }
}

/// The weight of what fits most closely; `closeness` is 0 for what does not fit.
fn weight(said: &[(String, u32)], closeness: impl Fn(&str) -> u32) -> u32 {
    let fitting = said.iter().map(|(pattern, weight)| (closeness(pattern), *weight));
    fitting.filter(|(close, _)| *close > 0).max().map_or(0, |(_, weight)| weight)
}

fn weights(headers: &HeaderMap, name: HeaderName) -> Vec<(String, u32)> {
    let values = headers.get_all(name);
    let texts = values.iter().filter_map(|value| value.to_str().ok());
    let parts = texts.flat_map(|text| text.split(','));
    let weighed = parts.filter_map(|part| {
        let mut fields = part.split(';').map(str::trim);
        let pattern = fields.next().filter(|pattern| !pattern.is_empty())?.to_ascii_lowercase();
        let weight = fields.find_map(|field| field.strip_prefix("q=").or_else(|| field.strip_prefix("Q=")));
        Some((pattern, weight.map_or(Some(WHOLE), thousandths)?))
    });
    weighed.collect()
}

/// `0.7` as 700; `None` for what is no weight.
fn thousandths(text: &str) -> Option<u32> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = fraction.len() <= 3 && fraction.bytes().all(|digit| digit.is_ascii_digit());
    let fraction: u32 = format!("{fraction:0<3}").parse().ok().filter(|_| digits)?;
    match whole {
        "0" => Some(fraction),
        "1" if fraction == 0 => Some(WHOLE),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, value.parse().unwrap())])
    }

    /// The heavier weight wins, the closer pattern counts, and who says nothing gets the first.
    #[test]
    fn readers_get_what_they_prefer() {
        const HTML: &str = "text/html";
        const JSON: &str = "application/json";
        for (said, expected) in [
            ("", HTML),
            ("*/*", HTML),
            ("application/json", JSON),
            ("text/html,application/xhtml+xml,*/*;q=0.8", HTML),
            ("text/*;q=0.3, application/json;q=0.4", JSON),
            ("text/html;q=0.1, */*;q=0.5", JSON),
            ("application/json;q=2", HTML),
            ("image/png", HTML),
        ] {
            assert_eq!(media(&headers(header::ACCEPT, said), [HTML, JSON]), expected, "{said}");
        }
        for (said, expected) in [
            ("", "en"),
            ("de", "de"),
            ("de-AT,de;q=0.9,en;q=0.8", "de"),
            ("en-GB,de;q=0.9", "en"),
            ("fr, de;q=0.5", "de"),
            ("fr", "en"),
            ("*, de;q=0.1", "en"),
        ] {
            let said = headers(header::ACCEPT_LANGUAGE, said);
            assert_eq!(language(&said, ["en", "de"]), expected, "{said:?}");
        }
        assert_eq!(media(&HeaderMap::new(), [JSON, HTML]), JSON);
    }
}
