//! Who may do what.

use axum::http::{HeaderMap, StatusCode, header};

use super::fault::Problem;
use crate::config::{Scope, Settings, Token, TokenHash};
use crate::domain::ids::{ActorName, ChannelId, WarehouseId};
use crate::domain::time::Timestamp;

/// Somebody whose token was known, or anybody where no token is configured.
#[derive(Debug, Clone)]
pub struct Caller {
    /// Name of the token.
    pub name: Option<ActorName>,
    /// What it allows; `None` allows everything.
    scopes: Option<Vec<Scope>>,
}

/// What somebody bears to be known by; the token itself is not kept.
#[derive(Debug, Clone, Default)]
pub struct Credential(Option<TokenHash>);

impl Credential {
    /// The token sent with a request, if any.
    ///
    /// # Errors
    /// 401 where the header is there and is no single bearer token.
    pub fn of_headers(headers: &HeaderMap) -> Result<Option<Self>, Problem> {
        let mut sent = headers.get_all(header::AUTHORIZATION).iter();
        let Some(value) = sent.next() else { return Ok(None) };
        let text = value.to_str().ok().and_then(|text| text.split_once(' '));
        let bearer = text.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
        match (bearer, sent.next()) {
            (Some((_, secret)), None) => Ok(Some(Self::of_secret(Some(secret.trim())))),
            (_, _) => Err(unauthorised("send one header `Authorization: Bearer <token>`")),
        }
    }

    /// A token sent otherwise.
    #[must_use]
    pub fn of_secret(secret: Option<&str>) -> Self {
        Self(secret.map(TokenHash::of))
    }

    /// Whether it is a token that ends by itself.
    #[must_use]
    pub fn may_expire(&self, settings: &Settings) -> bool {
        let token = self.0.as_ref().and_then(|hash| known(settings, hash));
        token.is_some_and(|token| token.expires.is_some())
    }
}

/// The token of a hash. Every token is looked at, whichever is the one: the time says nothing.
fn known<'a>(settings: &'a Settings, hash: &TokenHash) -> Option<&'a Token> {
    let mut found = None;
    for token in &settings.tokens {
        if token.hash == *hash {
            found = Some(token);
        }
    }
    found
}

impl Caller {
    /// Finds the caller by the request's headers.
    ///
    /// # Errors
    /// 401 where a token is needed and none, an unknown or an expired one was sent.
    pub fn of(settings: &Settings, headers: &HeaderMap, now: Timestamp) -> Result<Self, Problem> {
        if settings.tokens.is_empty() {
            return Ok(Self { name: None, scopes: None });
        }
        let sent = Credential::of_headers(headers)?;
        Self::bearing(settings, &sent.unwrap_or_default(), now)
    }

    /// Finds the caller by what it bears.
    ///
    /// # Errors
    /// 401 where a token is needed and none, an unknown or an expired one was sent.
    pub fn bearing(settings: &Settings, sent: &Credential, now: Timestamp) -> Result<Self, Problem> {
        if settings.tokens.is_empty() {
            return Ok(Self { name: None, scopes: None });
        }
        let Some(hash) = &sent.0 else {
            return Err(unauthorised("send one header `Authorization: Bearer <token>`"));
        };
        let Some(token) = known(settings, hash) else { return Err(unauthorised("this token is not known")) };
        if token.expires.is_some_and(|expires| expires.as_millisecond() <= now.as_millis()) {
            return Err(unauthorised("this token has expired"));
        }
        Ok(Self::with(token))
    }

    fn with(token: &Token) -> Self {
        Self::known_as(ActorName::stored(&token.name), &token.scopes)
    }

    /// Somebody who is known otherwise than by a token, and what that allows.
    #[must_use]
    pub fn known_as(name: ActorName, scopes: &[Scope]) -> Self {
        let scopes = (!scopes.contains(&Scope::Admin)).then(|| scopes.to_vec());
        Self { name: Some(name), scopes }
    }

    /// Whether nothing needs to be asked.
    #[must_use]
    pub const fn may_all(&self) -> bool {
        self.scopes.is_none()
    }

    /// Refuses who may not do everything.
    ///
    /// # Errors
    /// 403.
    pub fn must_administer(&self) -> Result<(), Problem> {
        self.must("admin", |_| false)
    }

    /// Refuses who may not read every channel's stock.
    ///
    /// # Errors
    /// 403.
    pub fn must_read_all(&self) -> Result<(), Problem> {
        self.must("read:*", |scope| *scope == Scope::ReadAll)
    }

    /// Refuses who may not read this channel's stock.
    ///
    /// # Errors
    /// 403.
    pub fn must_read(&self, channel: &ChannelId) -> Result<(), Problem> {
        self.must("read:<channel>", |scope| match scope {
            Scope::ReadAll => true,
            Scope::Read(id) => id == channel.as_str(),
            _ => false,
        })
    }

    /// Refuses who may neither sell on this channel nor read it.
    ///
    /// # Errors
    /// 403.
    pub fn must_see_sales(&self, channel: &ChannelId) -> Result<(), Problem> {
        self.must("sell:<channel> or read:<channel>", |scope| match scope {
            Scope::ReadAll => true,
            Scope::Read(id) | Scope::Sell(id) => id == channel.as_str(),
            _ => false,
        })
    }

    /// Refuses who may not sell on this channel.
    ///
    /// # Errors
    /// 403.
    pub fn must_sell(&self, channel: &ChannelId) -> Result<(), Problem> {
        self.must("sell:<channel>", |scope| matches!(scope, Scope::Sell(id) if id == channel.as_str()))
    }

    /// Refuses who may neither sell on this channel nor work off the orders of all these warehouses.
    ///
    /// # Errors
    /// 403.
    pub fn must_ship<'a>(
        &self,
        channel: &ChannelId,
        mut warehouses: impl Iterator<Item = &'a WarehouseId>,
    ) -> Result<(), Problem> {
        let scopes = self.scopes.as_deref().unwrap_or_default();
        let works = |id: &WarehouseId| {
            scopes.iter().any(|scope| matches!(scope, Scope::Fulfil(of) if of == id.as_str()))
        };
        // Of what lies nowhere nobody works anywhere.
        if warehouses.next().is_some_and(&works) && warehouses.all(works) {
            return Ok(());
        }
        self.must_sell(channel)
    }

    /// Refuses who may not change this warehouse's stock.
    ///
    /// # Errors
    /// 403.
    pub fn must_keep(&self, warehouse: &WarehouseId) -> Result<(), Problem> {
        self.must("stock:<warehouse>", |scope| matches!(scope, Scope::Stock(id) if id == warehouse.as_str()))
    }

    /// Refuses who may neither read all stock nor change this warehouse's.
    ///
    /// # Errors
    /// 403.
    pub fn must_see_stock(&self, warehouse: &WarehouseId) -> Result<(), Problem> {
        self.must("read:* or stock:<warehouse>", |scope| match scope {
            Scope::ReadAll => true,
            Scope::Stock(id) => id == warehouse.as_str(),
            _ => false,
        })
    }

    /// Refuses who may not change the stock of any warehouse.
    ///
    /// # Errors
    /// 403.
    pub fn must_keep_some(&self) -> Result<(), Problem> {
        self.must("stock:<warehouse>", |scope| matches!(scope, Scope::Stock(_)))
    }

    /// Refuses who may not know this channel's customers.
    ///
    /// # Errors
    /// 403.
    pub fn must_know_customers(&self, channel: &ChannelId) -> Result<(), Problem> {
        self.must("contact:<channel>", |scope| matches!(scope, Scope::Contact(id) if id == channel.as_str()))
    }

    /// Whether this channel's sales may be seen.
    #[must_use]
    pub fn may_see_sales(&self, channel: &ChannelId) -> bool {
        self.must_see_sales(channel).is_ok()
    }

    /// Whether this channel may be sold on.
    #[must_use]
    pub fn may_sell(&self, channel: &ChannelId) -> bool {
        self.must_sell(channel).is_ok()
    }

    /// Whether this warehouse's part of orders may be worked off.
    #[must_use]
    pub fn may_fulfil(&self, warehouse: &WarehouseId) -> bool {
        self.must_fulfil(warehouse).is_ok()
    }

    /// Refuses who may not work off this warehouse's part of orders.
    ///
    /// # Errors
    /// 403.
    pub fn must_fulfil(&self, warehouse: &WarehouseId) -> Result<(), Problem> {
        self.must(
            "fulfil:<warehouse>",
            |scope| matches!(scope, Scope::Fulfil(id) if id == warehouse.as_str()),
        )
    }

    /// Refuses who may neither read everything nor work off this warehouse's part of orders.
    ///
    /// # Errors
    /// 403.
    pub fn must_see_work(&self, warehouse: &WarehouseId) -> Result<(), Problem> {
        self.must("fulfil:<warehouse> or read:*", |scope| match scope {
            Scope::ReadAll => true,
            Scope::Fulfil(id) => id == warehouse.as_str(),
            _ => false,
        })
    }

    /// Refuses who may see the sales of no channel at all.
    ///
    /// # Errors
    /// 403.
    pub fn must_see_some_sales(&self) -> Result<(), Problem> {
        self.must("sell:<channel> or read:<channel>", |scope| {
            matches!(scope, Scope::ReadAll | Scope::Read(_) | Scope::Sell(_))
        })
    }

    /// Refuses who may neither see the sales of any channel nor work off orders anywhere.
    ///
    /// # Errors
    /// 403.
    pub fn must_see_some_work(&self) -> Result<(), Problem> {
        self.must("fulfil:<warehouse>, sell:<channel> or read:<channel>", |scope| {
            matches!(scope, Scope::ReadAll | Scope::Read(_) | Scope::Sell(_) | Scope::Fulfil(_))
        })
    }

    /// Refuses who may see no return at all.
    ///
    /// # Errors
    /// 403.
    pub fn must_see_some_returns(&self) -> Result<(), Problem> {
        self.must("stock:<warehouse>, sell:<channel> or read:<channel>", |scope| {
            matches!(scope, Scope::ReadAll | Scope::Read(_) | Scope::Sell(_) | Scope::Stock(_))
        })
    }

    /// Refuses who may see the stock of no warehouse at all.
    ///
    /// # Errors
    /// 403.
    pub fn must_see_some_stock(&self) -> Result<(), Problem> {
        self.must("read:* or stock:<warehouse>", |scope| matches!(scope, Scope::ReadAll | Scope::Stock(_)))
    }

    /// Refuses who has nothing to do with goods anywhere.
    ///
    /// # Errors
    /// 403.
    pub fn must_handle_goods(&self) -> Result<(), Problem> {
        self.must("read:, sell:, stock: or fulfil:", |scope| !matches!(scope, Scope::Contact(_)))
    }

    fn must(&self, needed: &'static str, allows: impl Fn(&Scope) -> bool) -> Result<(), Problem> {
        match &self.scopes {
            None => Ok(()),
            Some(scopes) if scopes.iter().any(allows) => Ok(()),
            Some(_) => Err(Problem::new(StatusCode::FORBIDDEN, "forbidden", "this token does not allow it")
                .detail(format!("needed: {needed}"))),
        }
    }
}

fn unauthorised(detail: &'static str) -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, "unauthorised", "who asks is not known").detail(detail)
}
