//! One conversation with one registry: the question, its challenge, a token, the question again.

use super::{Credential, Question, Verdict};
use crate::image::{DEFAULT_REGISTRY, Image};
use http::header::{ACCEPT, LOCATION, WWW_AUTHENTICATE};
use http::{HeaderMap, Method, StatusCode};
use release_domain::ports::Resolver;
use release_domain::secret::SecretText;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::{Response, Url};
use serde_json::Value;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

/// Where what is called `docker.io` answers.
const DOCKER_HUB: &str = "registry-1.docker.io";
/// Places that one question may be sent on to.
const MAX_HOPS: usize = 4;
/// Bytes of a token service's answer.
const MAX_TOKEN: usize = 64 * 1024;
/// Credentials that are tried for one image.
const MAX_TRIES: usize = 4;
/// Everything that an image's name may stand for.
const MANIFESTS: &str = "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json, \
                         application/vnd.docker.distribution.manifest.list.v2+json, \
                         application/vnd.docker.distribution.manifest.v2+json, \
                         application/vnd.docker.distribution.manifest.v1+prettyjws";

/// Hands a client the addresses of a name that may be dialled.
pub(super) struct Guard(pub Arc<dyn Resolver>);

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let resolver = self.0.clone();
        Box::pin(async move {
            let addresses = resolver.resolve(name.as_str()).await.map_err(Refused)?;
            // The port of the URL takes the place of 0.
            let dialled = addresses.into_iter().map(|address| SocketAddr::new(address, 0));
            Ok(Box::new(dialled) as Addrs)
        })
    }
}

/// Why an address is not dialled.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Refused(String);

/// Why there is no answer.
enum Trouble {
    /// No connection came about, as part of a sentence.
    Connection(String),
    Other(String),
}

impl Trouble {
    fn of(error: &reqwest::Error) -> Self {
        let mut cause: &dyn std::error::Error = error;
        while let Some(source) = cause.source() {
            cause = source;
        }
        match cause.is::<Refused>() {
            true => Self::Other(cause.to_string()),
            false if error.is_connect() => Self::Connection(format!("no connection to it comes about ({cause})")),
            false => Self::Other(format!("it breaks off ({cause})")),
        }
    }

    fn into_verdict(self) -> Verdict {
        match self {
            Self::Connection(why) | Self::Other(why) => Verdict::Unverified(why),
        }
    }
}

/// What is shown to a registry.
enum Authorization<'c> {
    Nobody,
    Basic(&'c Credential),
    Token(SecretText),
}

/// How a registry wants to be asked.
#[derive(Debug, PartialEq, Eq)]
enum Challenge {
    Basic,
    Bearer {
        realm: String,
        service: Option<String>,
        scope: Option<String>,
    },
}

pub(super) struct Exchange {
    pub client: reqwest::Client,
    pub resolver: Arc<dyn Resolver>,
}

impl Exchange {
    /// Known to whom it is; else the most that anybody was told.
    pub async fn ask(&self, question: &Question<'_>) -> Verdict {
        let mut told = None;
        for credential in question.credentials.iter().take(MAX_TRIES) {
            match self.ask_as(&question.image, Some(credential)).await {
                Verdict::Known => return Verdict::Known,
                Verdict::Missing => told = Some(Verdict::Missing),
                unverified @ Verdict::Unverified(_) => told = told.or(Some(unverified)),
            }
        }
        match told {
            Some(told) => told,
            None => self.ask_as(&question.image, None).await,
        }
    }

    async fn ask_as(&self, image: &Image<'_>, credential: Option<&Credential>) -> Verdict {
        let mut last = Trouble::Other("its name is no address".into());
        for url in places(image) {
            match self.ask_at(&url, image, credential).await {
                Ok(verdict) => return verdict,
                Err(trouble @ Trouble::Other(_)) => return trouble.into_verdict(),
                Err(trouble @ Trouble::Connection(_)) => last = trouble,
            }
        }
        last.into_verdict()
    }

    async fn ask_at(&self, url: &Url, image: &Image<'_>, credential: Option<&Credential>) -> Result<Verdict, Trouble> {
        let answer = self.send(Method::HEAD, url, &Authorization::Nobody).await?;
        if answer.status() != StatusCode::UNAUTHORIZED {
            return Ok(verdict(answer.status()));
        }
        let authorization = match (challenge(answer.headers()), credential) {
            (Some(Challenge::Basic), Some(credential)) => Authorization::Basic(credential),
            (Some(Challenge::Bearer { realm, service, scope }), _) => {
                let scope = scope.unwrap_or_else(|| format!("repository:{}:pull", image.repository));
                let service = service.map(|service| ("service", service));
                let query = service.into_iter().chain([("scope", scope)]);
                match self.token(url, &realm, query, credential).await? {
                    Some(token) => Authorization::Token(token),
                    None => return Ok(verdict(StatusCode::UNAUTHORIZED)),
                }
            }
            (Some(Challenge::Basic) | None, _) => return Ok(verdict(StatusCode::UNAUTHORIZED)),
        };
        Ok(verdict(self.send(Method::HEAD, url, &authorization).await?.status()))
    }

    /// What a registry's token service gives; `None`: nothing, to whoever asks.
    async fn token(
        &self,
        registry: &Url,
        realm: &str,
        query: impl Iterator<Item = (&'static str, String)>,
        credential: Option<&Credential>,
    ) -> Result<Option<SecretText>, Trouble> {
        let url = Url::parse_with_params(realm, query)
            .ok()
            .filter(|url| is_as_safe(registry, url));
        let url = url.ok_or_else(|| Trouble::Other("its token service has no address that can be asked".into()))?;
        let authorization = credential.map_or(Authorization::Nobody, Authorization::Basic);
        let mut answer = self.send(Method::GET, &url, &authorization).await?;
        match answer.status() {
            status if status.is_success() => {}
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => return Ok(None),
            status => return Err(Trouble::Other(format!("its token service answers {}", status.as_u16()))),
        }
        let mut body = Vec::new();
        while let Some(part) = answer.chunk().await.map_err(|error| Trouble::of(&error))? {
            body.extend_from_slice(&part);
            if body.len() > MAX_TOKEN {
                return Err(Trouble::Other("its token service says too much".into()));
            }
        }
        let body: Value = serde_json::from_slice(&body).unwrap_or_default();
        let token = body["token"].as_str().or_else(|| body["access_token"].as_str());
        Ok(token.map(|token| SecretText::new(token.to_owned())))
    }

    /// Sends a request, and again where it is sent on to; who is elsewhere is shown nothing.
    async fn send(&self, method: Method, url: &Url, authorization: &Authorization<'_>) -> Result<Response, Trouble> {
        let mut at = url.clone();
        for _ in 0..=MAX_HOPS {
            self.judge(&at).await?;
            let request = self
                .client
                .request(method.clone(), at.clone())
                .header(ACCEPT, MANIFESTS);
            let request = match authorization {
                Authorization::Basic(credential) if at.origin() == url.origin() => {
                    request.basic_auth(&credential.username, Some(credential.password.expose()))
                }
                Authorization::Token(token) if at.origin() == url.origin() => request.bearer_auth(token.expose()),
                Authorization::Basic(_) | Authorization::Token(_) | Authorization::Nobody => request,
            };
            let answer = request.send().await.map_err(|error| Trouble::of(&error))?;
            let next = match answer.status().is_redirection() {
                true => answer.headers().get(LOCATION).and_then(|place| place.to_str().ok()),
                false => None,
            };
            let Some(next) = next else { return Ok(answer) };
            let next = at.join(next).ok().filter(|next| is_as_safe(url, next));
            at = next.ok_or_else(|| Trouble::Other("it sends on to what cannot be asked".into()))?;
        }
        Err(Trouble::Other("it sends on and on".into()))
    }

    /// An address that stands in a URL is dialled without a resolver being asked; it is judged all the same.
    async fn judge(&self, url: &Url) -> Result<(), Trouble> {
        let Some((host, address)) = address(url) else {
            return Ok(());
        };
        match self.resolver.resolve(host).await {
            Ok(found) if found.iter().all(|found| *found == address) => Ok(()),
            Ok(_) => Err(Trouble::Other(format!("{host} is another address"))),
            Err(why) => Err(Trouble::Other(why)),
        }
    }
}

/// The address that stands in a URL in the place of a name.
fn address(url: &Url) -> Option<(&str, IpAddr)> {
    let host = url.host_str()?.trim_start_matches('[').trim_end_matches(']');
    Some((host, host.parse().ok()?))
}

/// Where an image is asked for. Registries speak TLS; on this machine they need not, as container engines have it.
fn places(image: &Image<'_>) -> impl Iterator<Item = Url> {
    let host = if image.registry == DEFAULT_REGISTRY {
        DOCKER_HUB
    } else {
        image.registry
    };
    let at = format!("{host}/v2/{}/manifests/{}", image.repository, image.reference());
    let secure = Url::parse(&format!("https://{at}")).ok();
    let plain = Url::parse(&format!("http://{at}")).ok().filter(is_here);
    secure.into_iter().chain(plain)
}

fn is_here(url: &Url) -> bool {
    url.host_str() == Some("localhost") || address(url).is_some_and(|(_, address)| address.is_loopback())
}

/// Encrypted, or on this machine where the first place was that.
fn is_as_safe(first: &Url, next: &Url) -> bool {
    next.scheme() == "https" || next.scheme() == "http" && first.scheme() == "http" && is_here(next)
}

fn verdict(status: StatusCode) -> Verdict {
    match status {
        StatusCode::NOT_FOUND => Verdict::Missing,
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Verdict::unverified("it gives no access to it"),
        StatusCode::TOO_MANY_REQUESTS => Verdict::unverified("it takes no more requests for now"),
        status if status.is_success() => Verdict::Known,
        status => Verdict::unverified(format!("it answers {}", status.as_u16())),
    }
}

/// The first challenge that can be met.
fn challenge(headers: &HeaderMap) -> Option<Challenge> {
    let texts = headers
        .get_all(WWW_AUTHENTICATE)
        .into_iter()
        .filter_map(|value| value.to_str().ok());
    let mut challenges = texts.flat_map(|text| http_auth::ChallengeParser::new(text).map_while(Result::ok));
    challenges.find_map(|challenge| {
        let parameter = |name: &str| {
            let found = challenge
                .params
                .iter()
                .find(|(known, _)| known.eq_ignore_ascii_case(name));
            found.map(|(_, value)| value.to_unescaped())
        };
        match challenge.scheme.to_ascii_lowercase().as_str() {
            "basic" => Some(Challenge::Basic),
            "bearer" => Some(Challenge::Bearer {
                realm: parameter("realm")?,
                service: parameter("service"),
                scope: parameter("scope"),
            }),
            _ => None,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_challenge_is_read_whatever_stands_beside_it() {
        let read = |text: &str| challenge(&HeaderMap::from_iter([(WWW_AUTHENTICATE, text.parse().expect(text))]));
        let bearer = |scope: Option<&str>| {
            Some(Challenge::Bearer {
                realm: "https://auth.example/token".into(),
                service: Some("registry".into()),
                scope: scope.map(Into::into),
            })
        };
        let plain = "Bearer realm=\"https://auth.example/token\",service=\"registry\"";
        assert_eq!(read(plain), bearer(None));
        assert_eq!(
            read(&format!("Negotiate, {plain},scope=\"repository:a/b:pull\"")),
            bearer(Some("repository:a/b:pull"))
        );
        assert_eq!(read("basic realm=x"), Some(Challenge::Basic));
        for none in ["", "Digest realm=\"x\"", "Bearer service=\"x\"", "=,="] {
            assert_eq!(read(none), None, "{none}");
        }
    }

    #[test]
    fn only_what_is_on_this_machine_is_asked_in_clear() {
        let at = |image: &str| -> Vec<String> { places(&Image::parse(image).expect(image)).map(Into::into).collect() };
        assert_eq!(
            at("app"),
            ["https://registry-1.docker.io/v2/library/app/manifests/latest"]
        );
        assert_eq!(
            at("host.example:5000/a/b:1"),
            ["https://host.example:5000/v2/a/b/manifests/1"]
        );
        assert_eq!(at("10.0.0.1:5000/a:1"), ["https://10.0.0.1:5000/v2/a/manifests/1"]);
        let both = |host: &str| ["https", "http"].map(|scheme| format!("{scheme}://{host}/v2/a/manifests/1"));
        for host in ["localhost:5000", "127.0.0.1:5000", "[::1]:5000"] {
            assert_eq!(at(&format!("{host}/a:1")), both(host));
        }
        assert_eq!(at("host.example:99999/a:1").len(), 0);
    }
}
