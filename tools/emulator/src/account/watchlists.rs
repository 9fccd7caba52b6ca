//! An account's named lists of assets: `/v2/watchlists` (`alpaca.md` §3.4).
//!
//! *Invariant:* no two lists of an account have one name, and no asset is twice in a list.

use crate::refusal::Refusal;
use st0ck_types::Nanos;

/// Letters in a name.
const NAME_MAX: usize = 64;

/// One list.
#[derive(Debug, Clone)]
pub(crate) struct Watchlist {
    /// UUID.
    pub(crate) id: u128,
    /// Its name.
    pub(crate) name: String,
    /// When it was made.
    pub(crate) created_at: Nanos,
    /// When it last changed.
    pub(crate) updated_at: Nanos,
    /// Indices of its assets in the house, in their order of entry.
    pub(crate) assets: Vec<usize>,
}

/// Which list a request means.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Which<'a> {
    /// By its id; `None` when what was sent is no id.
    Id(Option<u128>),
    /// By its name.
    Name(&'a str),
}

/// All lists of an account, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Watchlists(Vec<Watchlist>);

impl Watchlists {
    /// Every list.
    pub(crate) fn all(&self) -> &[Watchlist] {
        &self.0
    }

    /// One list.
    pub(crate) fn find(&self, which: Which<'_>) -> Result<&Watchlist, Refusal> {
        self.place(which).map(|place| &self.0[place])
    }

    /// Makes a list of these assets.
    pub(crate) fn create(
        &mut self,
        id: u128,
        name: &str,
        assets: &[usize],
        now: Nanos,
    ) -> Result<&Watchlist, Refusal> {
        self.check_name(name, None)?;
        let assets = once_each(assets);
        let name = name.to_owned();
        self.0.push(Watchlist { id, name, created_at: now, updated_at: now, assets });
        Ok(&self.0[self.0.len() - 1])
    }

    /// Gives a list another name, other assets, or both.
    pub(crate) fn update(
        &mut self,
        which: Which<'_>,
        name: Option<&str>,
        assets: Option<&[usize]>,
        now: Nanos,
    ) -> Result<&Watchlist, Refusal> {
        let place = self.place(which)?;
        if let Some(name) = name {
            self.check_name(name, Some(place))?;
            self.0[place].name = name.to_owned();
        }
        let list = &mut self.0[place];
        if let Some(assets) = assets {
            list.assets = once_each(assets);
        }
        list.updated_at = now;
        Ok(list)
    }

    /// Adds an asset; one that is there already stays where it is.
    pub(crate) fn add(
        &mut self,
        which: Which<'_>,
        asset: usize,
        now: Nanos,
    ) -> Result<&Watchlist, Refusal> {
        let place = self.place(which)?;
        let list = &mut self.0[place];
        if !list.assets.contains(&asset) {
            list.assets.push(asset);
            list.updated_at = now;
        }
        Ok(list)
    }

    /// Takes an asset out.
    pub(crate) fn remove(
        &mut self,
        which: Which<'_>,
        asset: Option<usize>,
        now: Nanos,
    ) -> Result<&Watchlist, Refusal> {
        let place = self.place(which)?;
        let list = &mut self.0[place];
        let at = list.assets.iter().position(|own| Some(*own) == asset);
        list.assets.remove(at.ok_or_else(|| Refusal::not_found("asset not found in watchlist"))?);
        list.updated_at = now;
        Ok(list)
    }

    /// Deletes a list.
    pub(crate) fn delete(&mut self, which: Which<'_>) -> Result<(), Refusal> {
        let place = self.place(which)?;
        self.0.remove(place);
        Ok(())
    }

    fn place(&self, which: Which<'_>) -> Result<usize, Refusal> {
        let meant = |list: &Watchlist| match which {
            Which::Id(id) => id == Some(list.id),
            Which::Name(name) => name == list.name,
        };
        let place = self.0.iter().position(meant);
        place.ok_or_else(|| Refusal::not_found("watchlist not found"))
    }

    /// `but`: the place of the list that is to have it.
    fn check_name(&self, name: &str, but: Option<usize>) -> Result<(), Refusal> {
        if name.is_empty() || name.chars().count() > NAME_MAX {
            return Err(Refusal::parameter("watchlist name must have 1 to 64 characters"));
        }
        let taken = |(place, list): (usize, &Watchlist)| list.name == name && Some(place) != but;
        if self.0.iter().enumerate().any(taken) {
            return Err(Refusal::parameter("watchlist name must be unique"));
        }
        Ok(())
    }
}

fn once_each(assets: &[usize]) -> Vec<usize> {
    let mut once: Vec<usize> = Vec::new();
    for &asset in assets {
        if !once.contains(&asset) {
            once.push(asset);
        }
    }
    once
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_has_a_name_of_its_own_and_each_asset_once() {
        let mut lists = Watchlists::default();
        assert_eq!(lists.create(1, "a", &[2, 0, 2], Nanos(5)).unwrap().assets, [2, 0]);
        let refused = lists.create(2, "a", &[], Nanos(5)).unwrap_err();
        assert_eq!(refused.message, "watchlist name must be unique");
        lists.create(3, "b", &[], Nanos(6)).unwrap();
        assert!(lists.update(Which::Name("b"), Some("a"), None, Nanos(7)).is_err());
        let kept = lists.update(Which::Name("b"), Some("b"), Some(&[1]), Nanos(7)).unwrap();
        assert_eq!((kept.assets.as_slice(), kept.updated_at), (&[1][..], Nanos(7)));
        for name in ["", &"x".repeat(65)] {
            assert!(lists.create(4, name, &[], Nanos(8)).is_err(), "{name}");
        }
        assert!(lists.create(4, &"ä".repeat(64), &[], Nanos(8)).is_ok());
    }

    #[test]
    fn assets_come_and_go_and_a_missing_list_is_said_to_be_missing() {
        let mut lists = Watchlists::default();
        lists.create(1, "a", &[0], Nanos(1)).unwrap();
        let by_id = Which::Id(Some(1));
        assert_eq!(lists.add(by_id, 3, Nanos(2)).unwrap().assets, [0, 3]);
        assert_eq!(lists.add(by_id, 3, Nanos(9)).unwrap().updated_at, Nanos(2));
        assert_eq!(lists.remove(by_id, Some(0), Nanos(3)).unwrap().assets, [3]);
        assert_eq!(lists.remove(by_id, Some(0), Nanos(4)).unwrap_err().status, 404);
        assert_eq!(lists.find(Which::Id(None)).unwrap_err().message, "watchlist not found");
        lists.delete(by_id).unwrap();
        assert!(lists.all().is_empty() && lists.delete(by_id).is_err());
    }
}
