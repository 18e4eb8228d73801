//! The fictional merchant: products, places, channels, as embedded files.

use crate::cli::Failure;

/// Warehouses and channels, for the daemon's configuration.
pub(super) const CONFIG: &str = include_str!("../../../config/demo/lagerd.toml");

const ITEMS: &str = include_str!("../../../config/demo/items.csv");

/// The product only visitors buy, so that their purchases stand out.
pub(super) const GUEST_SKU: &str = "MUG-GUEST";

/// The product of which there is never more than one.
pub(super) const LIMITED_SKU: &str = "LIMITED-PRINT";

/// What only the tills sell, and nobody counts: an offline till tells of its sales late.
pub(super) const TILL_SKU: &str = "TOTE-CANVAS";

/// The stores, where people pick up, send back and buy over the counter.
pub(super) const STORES: [&str; 3] = ["STORE-BERLIN", "STORE-WIEN", "STORE-ZUERICH"];

/// Where the goods the marketplace holds lie.
pub(super) const MARKET: &str = "MARKET";

/// Where the duel's single unit lies.
pub(super) const LIMITED_WAREHOUSE: &str = "HAM";

/// Channels the simulated customers use, with how many of a hundred use them.
pub(super) const CHANNELS: [(&str, u32); 6] =
    [("shop", 38), ("amazon", 18), ("ebay", 14), ("app", 12), ("instagram", 10), ("till", 8)];

/// One product.
#[derive(Debug, Clone)]
pub(super) struct Item {
    pub(super) sku: String,
    pub(super) title: String,
    /// Units at opening, per warehouse, in the order of [`Merchant::warehouses`].
    pub(super) opening: Vec<i64>,
}

/// What the merchant sells, and out of where.
#[derive(Debug, Clone)]
pub(super) struct Merchant {
    pub(super) warehouses: Vec<String>,
    /// What simulated customers buy, most wanted first.
    pub(super) items: Vec<Item>,
    /// What visitors buy.
    pub(super) guest: Item,
    /// What tills sell.
    pub(super) tote: Item,
    /// Cumulated popularity of the items.
    weights: Vec<f64>,
}

impl Merchant {
    /// Reads the embedded files.
    ///
    /// # Errors
    /// They are damaged, which a test excludes.
    pub(super) fn read(rng: &mut fastrand::Rng) -> Result<Self, Failure> {
        let mut reader = csv::Reader::from_reader(ITEMS.as_bytes());
        let warehouses: Vec<String> = reader.headers()?.iter().skip(2).map(str::to_owned).collect();
        let mut items = Vec::new();
        let (mut guest, mut tote) = (None, None);
        for record in reader.records() {
            let record = record?;
            let opening: Result<Vec<i64>, _> = record.iter().skip(2).map(str::parse).collect();
            let text = |column: usize| record.get(column).unwrap_or_default().to_owned();
            let item = Item { sku: text(0), title: text(1), opening: opening? };
            match item.sku.as_str() {
                GUEST_SKU => guest = Some(item),
                TILL_SKU => tote = Some(item),
                LIMITED_SKU => {}
                _ => items.push(item),
            }
        }
        rng.shuffle(&mut items);
        let mut sum = 0.0;
        let weights = (1..=items.len()).map(|rank| {
            sum += (rank as f64).powf(-0.9);
            sum
        });
        let weights = weights.collect();
        Ok(Self {
            warehouses,
            items,
            guest: guest.ok_or("the demo's items lack the visitors' mug")?,
            tote: tote.ok_or("the demo's items lack the tills' bag")?,
            weights,
        })
    }

    /// What a customer reaches for; few products are wanted by most.
    pub(super) fn wanted(&self, rng: &mut fastrand::Rng) -> &str {
        let point = rng.f64() * self.weights.last().copied().unwrap_or_default();
        let index = self.weights.partition_point(|&weight| weight < point);
        self.items.get(index).or(self.items.first()).map_or("", |item| item.sku.as_str())
    }

    /// A product's name for people.
    pub(super) fn title<'a>(&'a self, sku: &'a str) -> &'a str {
        self.items.iter().find(|item| item.sku == sku).map_or(sku, |item| item.title.as_str())
    }

    /// Units on all shelves at opening, without the visitors' mug.
    pub(super) fn opening_units(&self) -> i64 {
        self.items.iter().chain([&self.tote]).flat_map(|item| &item.opening).sum()
    }
}

/// Where a customer buys.
pub(super) fn channel(rng: &mut fastrand::Rng) -> &'static str {
    let mut point = rng.u32(0..100);
    for (channel, share) in CHANNELS {
        if point < share {
            return channel;
        }
        point -= share;
    }
    "shop"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{self, Sources};

    /// The daemon takes the merchant's places: nothing is misspelt, no zone unknown, no list at odds with another.
    #[test]
    fn the_daemon_takes_the_places() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("lagerd.toml");
        std::fs::write(&file, CONFIG).unwrap();
        let settings = config::load(&Sources { file: Some(file), ..Sources::default() }).unwrap();
        assert!(settings.warehouses.iter().all(|warehouse| warehouse.timezone.is_some()));
        assert!(settings.channels.iter().all(|channel| channel.support.is_some()));
    }

    /// The embedded files fit together: every column of the item list is a configured warehouse, every channel the
    /// customers use is configured.
    #[test]
    fn files_fit() {
        let merchant = Merchant::read(&mut fastrand::Rng::with_seed(1)).unwrap();
        assert!(merchant.items.len() >= 118, "{}", merchant.items.len());
        let config: toml::Table = CONFIG.parse().unwrap();
        let ids = |section: &str| -> Vec<String> {
            let list = config[section].as_array().unwrap();
            list.iter().map(|entry| entry["id"].as_str().unwrap().to_owned()).collect()
        };
        assert_eq!(ids("warehouse"), merchant.warehouses);
        let channels = ids("channel");
        assert!(CHANNELS.iter().all(|(channel, _)| channels.iter().any(|id| id == channel)));
        assert_eq!(CHANNELS.iter().map(|(_, share)| share).sum::<u32>(), 100);
        for place in STORES.into_iter().chain([LIMITED_WAREHOUSE, MARKET]) {
            assert!(merchant.warehouses.iter().any(|warehouse| warehouse == place), "{place}");
        }
    }
}
