//! Who is calling: a session cookie or a bearer token, once per request, before anything else looks at it.
//!
//! The middleware of the API's scope authenticates, takes the request off the actor's rate, and checks that a write
//! that comes with a cookie comes from this site. It refuses nobody for not being signed in: that is the handler's
//! extractor ([`crate::api::Api`]), since a few addresses are for anybody.

mod cookie;
mod csrf;

pub use cookie::{NAME as COOKIE, clear as clear_cookie, session as session_cookie, value as cookie_value};

use crate::api::{ApiState, state_of};
use crate::edge::RequestContext;
use crate::problem::Refused;
use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header;
use actix_web::middleware::Next;
use actix_web::{HttpMessage, HttpRequest, HttpResponse, web};
use release_app::access::authenticate::{authenticate_session, authenticate_token};
use release_app::access::{Authenticated, RequestFacts};
use release_assistant::mcp::Principal;
use release_contract::problem::{Problem, ProblemCode};
use release_domain::ids::UserId;
use std::net::IpAddr;
use std::sync::Arc;

/// Whose rate a request is taken off.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Actor {
    User(UserId),
    Address(IpAddr),
}

/// A request's state and who it is of.
pub struct Credentials {
    pub state: web::Data<ApiState>,
    pub who: Arc<Authenticated>,
}

/// What authentication came to, kept with the request.
#[derive(Clone)]
enum Outcome {
    Nobody,
    Somebody(Arc<Authenticated>),
    Refused(Problem),
}

/// Who a request is of.
///
/// # Errors
/// `unauthenticated`, or why it could not be found out.
pub fn credentials(req: &HttpRequest) -> Result<Credentials, Problem> {
    let state = state_of(req)?;
    match req.extensions().get::<Outcome>() {
        Some(Outcome::Somebody(who)) => Ok(Credentials {
            state,
            who: who.clone(),
        }),
        Some(Outcome::Refused(problem)) => Err(problem.clone()),
        Some(Outcome::Nobody) | None => Err(release_app::AppError::Unauthenticated.into()),
    }
}

/// The middleware of `/api/v1`.
///
/// # Errors
/// None of its own: refusals are responses.
pub async fn middleware<B: MessageBody + 'static>(
    req: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, BoxBody>>, actix_web::Error> {
    let state = req.app_data::<web::Data<ApiState>>().cloned();
    let Some(state) = state else {
        return Ok(refused(req, Problem::internal("the app was built without its state")));
    };
    let outcome = authenticate(&state, &req).await;
    if let Outcome::Somebody(who) = &outcome {
        tracing::Span::current().record("user", tracing::field::display(who.user().id));
    }
    if let Err(problem) = admit(&state, &req, &outcome) {
        return Ok(refused(req, problem));
    }
    req.extensions_mut().insert(outcome);
    Ok(next.call(req).await?.map_into_left_body())
}

fn refused<B>(req: ServiceRequest, problem: Problem) -> ServiceResponse<EitherBody<B, BoxBody>> {
    req.into_response(HttpResponse::from_error(Refused::from(problem)))
        .map_into_right_body()
}

/// The middleware of `/mcp`: a token in the header, or nothing is answered.
///
/// # Errors
/// None of its own: refusals are responses.
pub async fn token_middleware<B: MessageBody + 'static>(
    req: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, BoxBody>>, actix_web::Error> {
    let state = req.app_data::<web::Data<ApiState>>().cloned();
    let Some(state) = state else {
        return Ok(refused(req, Problem::internal("the app was built without its state")));
    };
    let found = match req.headers().get(header::AUTHORIZATION) {
        Some(value) => by_token(&state, &req, value).await,
        None => Outcome::Nobody,
    };
    let admitted = take_rate(&state, &req, &found).and_then(|()| match &found {
        Outcome::Somebody(who) => Ok(who.caller()?.clone()),
        Outcome::Refused(problem) => Err(problem.clone()),
        Outcome::Nobody => Err(release_app::AppError::Unauthenticated.into()),
    });
    match admitted {
        Ok(caller) => {
            tracing::Span::current().record("user", tracing::field::display(caller.user));
            req.extensions_mut().insert(Principal { caller });
            Ok(next.call(req).await?.map_into_left_body())
        }
        Err(problem) => Ok(refused(req, problem)),
    }
}

async fn authenticate(state: &ApiState, req: &ServiceRequest) -> Outcome {
    if let Some(value) = req.headers().get(header::AUTHORIZATION) {
        return by_token(state, req, value).await;
    }
    match cookie::value(req.headers()) {
        Some(cookie) => authenticate_session(&state.app, &cookie, facts(req)).await.into(),
        None => Outcome::Nobody,
    }
}

async fn by_token(state: &ApiState, req: &ServiceRequest, value: &header::HeaderValue) -> Outcome {
    match value.to_str().ok().and_then(bearer) {
        Some(token) => authenticate_token(&state.app, token, facts(req)).await.into(),
        None => Outcome::Refused(release_app::AppError::Unauthenticated.into()),
    }
}

fn facts(req: &ServiceRequest) -> RequestFacts {
    let context = req.extensions().get::<RequestContext>().cloned().unwrap_or_default();
    RequestFacts {
        method: req.method().to_string(),
        path: req.path().to_owned(),
        trace_id: Some(context.trace_id),
    }
}

impl From<Result<Authenticated, release_app::AppError>> for Outcome {
    fn from(found: Result<Authenticated, release_app::AppError>) -> Self {
        match found {
            Ok(who) => Self::Somebody(Arc::new(who)),
            Err(error) => Self::Refused(error.into()),
        }
    }
}

/// The token of `Authorization: Bearer …`; the scheme's case does not matter.
fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then(|| token.trim())
        .filter(|t| !t.is_empty())
}

/// The rate, then where a write comes from.
fn admit(state: &ApiState, req: &ServiceRequest, outcome: &Outcome) -> Result<(), Problem> {
    // Streams are long and many are welcome (10,000 of one actor too): opening one is not taken off the rate.
    let stream = matches!(outcome, Outcome::Somebody(_)) && req.path() == "/api/v1/events";
    if !stream {
        take_rate(state, req, outcome)?;
    }
    let session = match outcome {
        Outcome::Somebody(who) => who.session(),
        Outcome::Nobody | Outcome::Refused(_) => None,
    };
    csrf::check(
        &state.settings.public_url,
        req.method(),
        req.path(),
        req.headers(),
        session,
    )
}

/// Takes a request off its actor's rate; somebody unknown is their address.
fn take_rate(state: &ApiState, req: &ServiceRequest, outcome: &Outcome) -> Result<(), Problem> {
    let address = req.extensions().get::<RequestContext>().and_then(|c| c.address);
    let actor = match outcome {
        Outcome::Somebody(who) => Some(Actor::User(who.user().id)),
        Outcome::Nobody | Outcome::Refused(_) => address.map(Actor::Address),
    };
    let Some(actor) = actor else { return Ok(()) };
    state.rate.take(actor).map_err(|secs| {
        let detail = format!("too many requests: try again in {secs} s");
        Problem::new(ProblemCode::RateLimited, detail).retry_after(secs)
    })
}

#[cfg(test)]
mod tests {
    use super::bearer;

    #[test]
    fn only_a_bearer_scheme_carries_a_token() {
        assert_eq!(bearer("Bearer rct_a"), Some("rct_a"));
        assert_eq!(bearer("bearer  rct_a "), Some("rct_a"));
        for none in ["Basic cGFzcw==", "Bearer ", "Bearer", "rct_a"] {
            assert_eq!(bearer(none), None, "{none}");
        }
    }
}
