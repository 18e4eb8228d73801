//! The merchant's rules.

use crate::domain::named::named;
use crate::domain::place::Kind;

named! {
    /// Why a warehouse is not asked at all. The first filter of the rules that finds something drops it.
    Filter:
    /// It is switched off, or takes no new orders.
    EnabledAndOpen = 1, "enabled_and_open";
    /// It does not ship for the channel.
    ServesChannel = 2, "serves_channel";
    /// It does not ship to the country; passed where the country is not known, and for a pickup.
    ServesCountry = 3, "serves_country";
    /// It sends no parcels, or nobody can fetch goods there.
    ServesMethod = 4, "serves_method";
    /// It carries none of the goods.
    CarriesSku = 5, "carries_sku";
    /// Nothing of what it carries is free above its routing safety.
    StockAboveSafety = 6, "stock_above_safety";
    /// It takes no more orders on this local day.
    Capacity = 7, "capacity";
    /// It is farther away than `distance_max_km`; passed where a coordinate is not known, and for a pickup.
    Distance = 8, "distance";
    /// It is not yet the day there from which the order may be shipped.
    ReleaseOn = 9, "release_on";
    /// It rejected, short-picked or did not answer before. In force whether listed or not.
    NotBlocked = 10, "not_blocked";
    /// Another system has the last word on its stock, and its kind is not one of `external_kinds`.
    StockAuthority = 11, "stock_authority";
    /// An operator wants another one, or not this one. In force whether listed or not.
    Operator = 12, "operator";
    /// The customer comes to another place. In force whether listed or not.
    Pickup = 13, "pickup";
}

impl Filter {
    /// Whether it is in force also where the rules don't list it.
    #[must_use]
    pub const fn always(self) -> bool {
        match self {
            Self::NotBlocked | Self::Operator | Self::Pickup => true,
            Self::EnabledAndOpen
            | Self::ServesChannel
            | Self::ServesCountry
            | Self::ServesMethod
            | Self::CarriesSku
            | Self::StockAboveSafety
            | Self::Capacity
            | Self::Distance
            | Self::ReleaseOn
            | Self::StockAuthority => false,
        }
    }

    /// Whether what it finds passes with time: such a warehouse can't ship now, but goods may be awaited there.
    #[must_use]
    pub const fn passing(self) -> bool {
        match self {
            Self::StockAboveSafety | Self::Capacity | Self::ReleaseOn => true,
            Self::EnabledAndOpen
            | Self::ServesChannel
            | Self::ServesCountry
            | Self::ServesMethod
            | Self::CarriesSku
            | Self::Distance
            | Self::NotBlocked
            | Self::StockAuthority
            | Self::Operator
            | Self::Pickup => false,
        }
    }
}

named! {
    /// By what warehouses are ranked. The first sort of the rules that tells two apart decides.
    Sort:
    /// The demand's `preferred` order; who is not in it comes last.
    Preferred = 1, "preferred";
    /// Who can ship everything alone comes first.
    Complete = 2, "complete";
    /// Who can ship most SKUs whole comes first, then who can ship most units: the fewer others are needed.
    FewestSplits = 3, "fewest_splits";
    /// The nearest comes first; who has no coordinates comes last.
    Distance = 4, "distance";
    /// The customer's country and the beginning of the postal code come first, then the country alone.
    CountryZone = 5, "country_zone";
    /// Whose goods have lain longest comes first.
    Age = 6, "age";
    /// Who has most units free of what is wanted comes first.
    Overstock = 7, "overstock";
    /// Who has the fewest open fulfilments comes first.
    Load = 8, "load";
    /// The cheapest comes first.
    Cost = 9, "cost";
    /// The merchant's own order: the smallest number comes first.
    Priority = 10, "priority";
}

named! {
    /// How far an order may be divided.
    Split:
    /// One warehouse alone ships.
    None = 1, "none";
    /// Lines may come from several warehouses, each line from one.
    ByLine = 2, "by_line";
    /// A line may come from several warehouses too.
    ByQuantity = 3, "by_quantity";
}

named! {
    /// What becomes of what nobody can ship now.
    Leftover:
    /// It waits for goods at the warehouse that gets them soonest.
    Backorder = 1, "backorder";
    /// It waits until something changes, promised by nobody.
    Park = 2, "park";
    /// It is not sold.
    Refuse = 3, "refuse";
    /// An operator decides.
    Ask = 4, "ask";
}

/// How orders are routed. The default is meant for a merchant with a few warehouses and stores.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// Filters in the order they are looked at; those that are always in force and not listed come last. Default: all.
    pub filters: Vec<Filter>,
    /// Sorts, the most important first. Default: `complete, fewest_splits, preferred, country_zone, distance, load, cost,
    /// priority`: few parcels first, then the merchant's own order, then what is near.
    pub sorts: Vec<Sort>,
    /// How far an order may be divided. Default: `by_quantity`, so that what a channel shows over all its warehouses can
    /// also be ordered.
    pub split: Split,
    /// Warehouses one decision may take, at least 1. Default: 5.
    pub split_max: usize,
    /// What a part is worth at least where there are several, in minor units; a part with a line of unknown value is
    /// not judged. Default: 0.
    pub split_value_min: i64,
    /// What becomes of what nobody can ship. Default: `refuse`: what an asking channel sells is there.
    pub leftover: Leftover,
    /// Up to how many warehouses all sets are tried, at most [`EXACT_MAX`](super::EXACT_MAX). Default: 3.
    pub exact_max: usize,
    /// How often an order is routed before an operator is asked; the order desk counts. Default: 8.
    pub attempts_max: u32,
    /// How far a parcel may travel, for the filter `distance`. Default: no limit.
    pub distance_max_km: Option<i64>,
    /// Kinds of places that may be asked although another system has the last word on their stock. Default: all but
    /// `marketplace`, which ships its own orders alone.
    pub external_kinds: Vec<Kind>,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            filters: vec![
                Filter::Operator,
                Filter::Pickup,
                Filter::EnabledAndOpen,
                Filter::ServesChannel,
                Filter::ServesCountry,
                Filter::ServesMethod,
                Filter::StockAuthority,
                Filter::Distance,
                Filter::CarriesSku,
                Filter::NotBlocked,
                Filter::ReleaseOn,
                Filter::Capacity,
                Filter::StockAboveSafety,
            ],
            sorts: vec![
                Sort::Complete,
                Sort::FewestSplits,
                Sort::Preferred,
                Sort::CountryZone,
                Sort::Distance,
                Sort::Load,
                Sort::Cost,
                Sort::Priority,
            ],
            split: Split::ByQuantity,
            split_max: 5,
            split_value_min: 0,
            leftover: Leftover::Refuse,
            exact_max: 3,
            attempts_max: 8,
            distance_max_km: None,
            external_kinds: vec![Kind::Warehouse, Kind::Store, Kind::ThirdParty, Kind::Supplier],
        }
    }
}

impl Rules {
    /// The filters in force: those listed, then those that always are.
    pub(super) fn in_force(&self) -> Vec<Filter> {
        let unlisted = Filter::ALL.iter().filter(|filter| filter.always() && !self.filters.contains(filter));
        self.filters.iter().chain(unlisted).copied().collect()
    }

    /// How many warehouses one decision may take.
    pub(super) fn parts_max(&self) -> usize {
        match self.split {
            Split::None => 1,
            Split::ByLine | Split::ByQuantity => self.split_max.max(1),
        }
    }
}
