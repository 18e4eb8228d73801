//! Which SKUs exist and who asks for which.

use super::args::Shape;

/// Lines of a cart; the longest request.
pub(super) const LINES_MAX: usize = 3;

/// Skew of the cart shape: the value YCSB made customary for "a few are popular".
const ZIPF_SKEW: f64 = 0.99;

/// The SKUs one request asks for, one unit each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Draw {
    skus: [u32; LINES_MAX],
    lines: u8,
}

impl Draw {
    /// One unit of this SKU alone.
    pub(super) fn of(sku: usize) -> Self {
        let mut draw = Self { skus: [0; LINES_MAX], lines: 0 };
        draw.push(number(sku));
        draw
    }

    /// The SKUs' numbers.
    pub(super) fn skus(&self) -> impl Iterator<Item = usize> {
        self.skus.iter().take(usize::from(self.lines)).filter_map(|&sku| usize::try_from(sku).ok())
    }

    fn push(&mut self, sku: u32) {
        if let Some(slot) = self.skus.get_mut(usize::from(self.lines)) {
            *slot = sku;
            self.lines += 1;
        }
    }

    fn holds(&self, sku: u32) -> bool {
        self.skus.iter().take(usize::from(self.lines)).any(|&held| held == sku)
    }
}

/// The SKUs of a run and the distribution over them.
#[derive(Debug)]
pub(super) struct Plan {
    /// Names, unique to the run so that no earlier run's holds are counted.
    pub(super) names: Vec<String>,
    shape: Shape,
    /// Cumulated weights of the cart shape; empty otherwise.
    weights: Vec<f64>,
}

impl Plan {
    /// Names `skus` SKUs (one for `hot` and `duel`) after the run.
    pub(super) fn new(shape: Shape, skus: usize, run: &str) -> Self {
        let skus = match shape {
            Shape::Hot | Shape::Duel => 1,
            Shape::Uniform => skus.max(1),
            Shape::Cart => skus.max(LINES_MAX),
        };
        let names = (0..skus).map(|number| format!("LOAD-{run}-{number:06}")).collect();
        let mut weights = Vec::new();
        if shape == Shape::Cart {
            let mut sum = 0.0;
            weights.extend((1..=skus).map(|rank| {
                sum += (rank as f64).powf(-ZIPF_SKEW);
                sum
            }));
        }
        Self { names, shape, weights }
    }

    /// A SKU's name.
    pub(super) fn name(&self, sku: usize) -> &str {
        self.names.get(sku).map_or("", String::as_str)
    }

    /// The number of one of this run's SKUs; other names have none.
    pub(super) fn number(&self, name: &str) -> Option<usize> {
        let (_, digits) = name.rsplit_once('-')?;
        let number: usize = digits.parse().ok()?;
        (self.name(number) == name && !name.is_empty()).then_some(number)
    }

    /// What the next request asks for.
    pub(super) fn draw(&self, rng: &mut fastrand::Rng) -> Draw {
        let mut draw = Draw { skus: [0; LINES_MAX], lines: 0 };
        match self.shape {
            Shape::Hot | Shape::Duel => draw.push(0),
            Shape::Uniform => draw.push(number(rng.usize(0..self.names.len().max(1)))),
            Shape::Cart => {
                while usize::from(draw.lines) < LINES_MAX {
                    let sku = number(self.popular(rng));
                    if !draw.holds(sku) {
                        draw.push(sku);
                    }
                }
            }
        }
        draw
    }

    fn popular(&self, rng: &mut fastrand::Rng) -> usize {
        let sum = self.weights.last().copied().unwrap_or_default();
        let point = rng.f64() * sum;
        self.weights.partition_point(|&weight| weight < point).min(self.names.len().saturating_sub(1))
    }
}

fn number(sku: usize) -> u32 {
    u32::try_from(sku).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Carts hold three different SKUs, the first ranks most often; hot is always the same one.
    #[test]
    fn draws() {
        let mut rng = fastrand::Rng::with_seed(7);
        let cart = Plan::new(Shape::Cart, 1000, "r");
        let mut first = 0;
        for _ in 0..2000 {
            let skus: Vec<usize> = cart.draw(&mut rng).skus().collect();
            assert_eq!(skus.len(), 3);
            assert!(skus[0] != skus[1] && skus[1] != skus[2] && skus[0] != skus[2]);
            assert!(skus.iter().all(|&sku| sku < 1000));
            first += usize::from(skus.contains(&0));
        }
        assert!((500..1200).contains(&first), "the most popular SKU was in {first} of 2000 carts");
        let hot = Plan::new(Shape::Hot, 1000, "r");
        assert_eq!(hot.draw(&mut rng).skus().collect::<Vec<_>>(), [0]);
        assert_eq!(hot.names, ["LOAD-r-000000"]);
        assert_eq!(cart.number("LOAD-r-000999"), Some(999));
        for other in ["LOAD-r-001000", "LOAD-q-000001", "LOAD-r-1", "TEE", ""] {
            assert_eq!(cart.number(other), None, "{other}");
        }
    }

    /// Too few SKUs for a cart must not loop for ever.
    #[test]
    fn small_cart() {
        let cart = Plan::new(Shape::Cart, 1, "r");
        assert_eq!(cart.names.len(), 3);
        assert_eq!(cart.draw(&mut fastrand::Rng::with_seed(1)).skus().count(), 3);
    }
}
