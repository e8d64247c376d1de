//! Reading people, roles, tokens and sessions; failed sign-ins.

use super::{FakeStore, above, below};
use async_trait::async_trait;
use release_domain::access::{Grant, Role, Session, Token, User};
use release_domain::ids::{SessionId, TokenId, UserId};
use release_domain::ports::{AccessPolicy, AccessQueries, Found, Page, SignInFailures, StoreError};
use release_domain::timestamp::Timestamp;
use std::sync::Arc;
use uuid::Uuid;

#[async_trait]
impl AccessQueries for FakeStore {
    async fn access_policy(&self) -> Result<AccessPolicy, StoreError> {
        let state = self.call()?;
        Ok(AccessPolicy {
            version: state.tables.policy_version,
            roles: state.tables.roles.values().map(|r| Role::clone(r)).collect(),
            grants: state.tables.grants.values().map(|g| Grant::clone(g)).collect(),
        })
    }

    async fn user(&self, id: UserId) -> Result<Option<User>, StoreError> {
        Ok(self.call()?.tables.users.get(&id).map(|u| User::clone(u)))
    }

    async fn user_by_name(&self, username: &str) -> Result<Option<User>, StoreError> {
        let state = self.call()?;
        let found = state.tables.users.values().find(|u| u.username == username);
        Ok(found.map(|u| User::clone(u)))
    }

    async fn users(&self, page: Page<(String, Uuid)>) -> Result<Found<User, (String, Uuid)>, StoreError> {
        let state = self.call()?;
        let users = state
            .tables
            .users
            .values()
            .map(|u| ((u.username.clone(), u.id.0), User::clone(u)));
        let mut rows: Vec<_> = users.filter(|(key, _)| above(&page, key)).collect();
        rows.sort_by(|(a, _), (b, _)| a.cmp(b));
        Ok(state.page(rows.into_iter(), page.limit))
    }

    async fn token(&self, id: TokenId) -> Result<Option<Token>, StoreError> {
        Ok(self.call()?.tables.tokens.get(&id).map(|t| Token::clone(t)))
    }

    async fn token_by_hash(&self, hash: &str) -> Result<Option<(Token, User)>, StoreError> {
        let state = self.call()?;
        let token = state.tables.tokens.values().find(|t| t.hash == hash);
        Ok(token.and_then(|t| Some((Token::clone(t), User::clone(state.tables.users.get(&t.owner)?)))))
    }

    async fn tokens(&self, owner: Option<UserId>, page: Page<TokenId>) -> Result<Found<Token, TokenId>, StoreError> {
        let state = self.call()?;
        let of_owner = |t: &&Arc<Token>| owner.is_none_or(|id| t.owner == id) && below(&page, &t.id);
        let rows = state.tables.tokens.values().rev().filter(of_owner);
        Ok(state.page(rows.map(|t| (t.id, Token::clone(t))), page.limit))
    }

    async fn session(&self, id: SessionId) -> Result<Option<Session>, StoreError> {
        Ok(self.call()?.tables.sessions.get(&id).map(|s| Session::clone(s)))
    }

    async fn session_by_hash(&self, hash: &str) -> Result<Option<(Session, User)>, StoreError> {
        let state = self.call()?;
        let session = state.tables.sessions.values().find(|s| s.hash == hash);
        Ok(session.and_then(|s| Some((Session::clone(s), User::clone(state.tables.users.get(&s.user)?)))))
    }

    async fn sessions(&self, user: UserId) -> Result<Vec<Session>, StoreError> {
        let state = self.call()?;
        let newest_first = state.tables.sessions.values().rev().filter(|s| s.user == user);
        Ok(newest_first.map(|s| Session::clone(s)).collect())
    }

    async fn touch_session(&self, id: SessionId, at: Timestamp) -> Result<(), StoreError> {
        let mut state = self.call()?;
        if let Some(session) = state.tables.sessions.get_mut(&id).map(Arc::make_mut) {
            session.last_seen_at = session.last_seen_at.max(at);
        }
        Ok(())
    }

    async fn touch_token(&self, id: TokenId, at: Timestamp) -> Result<(), StoreError> {
        let mut state = self.call()?;
        if let Some(token) = state.tables.tokens.get_mut(&id).map(Arc::make_mut) {
            token.last_used_at = token.last_used_at.max(Some(at));
        }
        Ok(())
    }

    async fn sign_in_failures(
        &self,
        username: &str,
        address: &str,
        since: Timestamp,
    ) -> Result<SignInFailures, StoreError> {
        let state = self.call()?;
        let recent = || {
            state
                .tables
                .failures
                .iter()
                .filter(move |(_, from, at)| from == address && *at >= since)
        };
        let of_account = || recent().filter(|(name, ..)| name == username);
        let oldest = of_account().map(|f| f.2).min().or_else(|| recent().map(|f| f.2).min());
        Ok(SignInFailures {
            of_account: count(of_account().count()),
            of_address: count(recent().count()),
            oldest,
        })
    }

    async fn record_sign_in_failure(
        &self,
        username: &str,
        address: &str,
        at: Timestamp,
        since: Timestamp,
    ) -> Result<(), StoreError> {
        let mut state = self.call()?;
        state.tables.failures.retain(|(.., at)| *at >= since);
        state
            .tables
            .failures
            .push((username.to_owned(), address.to_owned(), at));
        Ok(())
    }

    async fn clear_sign_in_failures(&self, username: &str, address: &str) -> Result<(), StoreError> {
        let mut state = self.call()?;
        state
            .tables
            .failures
            .retain(|(name, from, _)| name != username || from != address);
        Ok(())
    }
}

fn count(rows: usize) -> u32 {
    u32::try_from(rows).unwrap_or(u32::MAX)
}
