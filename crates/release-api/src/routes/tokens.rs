//! `/tokens`.

use crate::api::{Api, answer, done, no_content, ok};
use crate::input::body::Body;
use crate::input::gate::Place;
use crate::input::path::Id;
use crate::input::query::Query;
use crate::problem::Answered;
use crate::routes::headers::IdempotencyKey;
use actix_web::{delete, get, post};
use release_app::Answer;
use release_app::access::tokens::{self, MadeToken};
use release_contract::access::{CreateToken, NewToken, Token, TokenList};
use release_contract::asked;
use release_contract::cursor;
use release_contract::list::listed;
use release_domain::access::Permission;
use release_domain::ids::TokenId;
use utoipa_actix_web::service_config::ServiceConfig;

const LIST: &str = "tokens";

pub fn configure(config: &mut ServiceConfig<'_>) {
    config
        .service(list_tokens)
        .service(create_token)
        .service(get_token)
        .service(delete_token);
}

asked! {
    TokensQuery {}
}

/// The caller's own tokens, or everybody's with `access:read`; newest first.
#[utoipa::path(tag = "auth", params(TokensQuery), responses((status = 200, body = TokenList)))]
#[get("/tokens")]
async fn list_tokens(api: Api, query: Query<TokensQuery>) -> Answered {
    let page = cursor::page(LIST, &query.get()?.limits())?;
    let list = tokens::list(api.app(), api.caller(), page).await?;
    ok(&TokenList::from(listed(LIST, list.found, list.actions, |view| {
        Token::from(&view)
    })))
}

fn made(token: &MadeToken) -> Answer {
    answer(201, &NewToken::from(token))
}

/// Makes a token; it is shown this once.
#[utoipa::path(
    tag = "auth",
    params(IdempotencyKey),
    request_body = CreateToken,
    responses((status = 201, body = NewToken)),
)]
#[post("/tokens")]
async fn create_token(api: Api, body: Body<CreateToken>) -> Answered {
    // One's own takes no permission, and a body that cannot be read is one's own.
    let (body, key) = body.admit(&api, Permission::AccessWrite, Place::Nowhere).await?;
    let new = tokens::NewToken {
        name: body.name,
        user_id: body.user_id.map(Into::into),
        scopes: body.scopes,
        expires_at: body.expires_at.map(|at| at.0),
        channel: body.channel,
    };
    let call = api.call(key, &made);
    done(tokens::create(api.app(), &call, new).await?, &made)
}

/// One token, never the token itself.
#[utoipa::path(tag = "auth", responses((status = 200, body = Token)))]
#[get("/tokens/{id}")]
async fn get_token(api: Api, id: Id<TokenId>) -> Answered {
    let id = id.known(&api, Permission::AccessRead).await?;
    let view = tokens::get(api.app(), api.caller(), id).await?;
    ok(&Token::from(&view))
}

/// Ends a token at once.
#[utoipa::path(tag = "auth", responses((status = 204)))]
#[delete("/tokens/{id}")]
async fn delete_token(api: Api, id: Id<TokenId>) -> Answered {
    let id = id.known(&api, Permission::AccessWrite).await?;
    tokens::delete(api.app(), api.caller(), id).await?;
    no_content()
}
