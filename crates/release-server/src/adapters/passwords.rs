//! Passwords under Argon2id: 19 MiB, two passes, one lane (OWASP's first choice for a login that must stay quick).

use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use async_trait::async_trait;
use release_domain::ports::Passwords;
use release_domain::secret::SecretText;
use std::sync::Arc;
use tokio::sync::Semaphore;

const MEMORY_KIB: u32 = 19 * 1_024;
const PASSES: u32 = 2;
const LANES: u32 = 1;
/// Worked on at the same time, whoever asks: more would only take memory (19 MiB each) and every core from requests.
const AT_ONCE: usize = 2;
/// Checked in place of the hash that an unknown user does not have, so that both take as long: of the password
/// `nobody has this password`, under the parameters above.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$jIGa64ZHVw/dGERzXXpNAQ$2ER9uqRUmbN1JV96/zxs3bzm2az0VuMs7OCYXq9cdhI";

pub struct Argon2Passwords {
    argon2: Argon2<'static>,
    turns: Arc<Semaphore>,
}

impl Argon2Passwords {
    /// # Panics
    /// Never: the parameters are constants that Argon2 takes.
    #[must_use]
    pub fn new() -> Self {
        let params = Params::new(MEMORY_KIB, PASSES, LANES, None).expect("parameters that Argon2 takes");
        Self {
            argon2: Argon2::new(Algorithm::Argon2id, Version::V0x13, params),
            turns: Arc::new(Semaphore::new(AT_ONCE)),
        }
    }

    /// Off the threads that answer requests, in turn. Once begun it ends, even when nobody waits any more, and only
    /// then lets the next one in.
    async fn work<T: Send + 'static>(&self, work: impl FnOnce(&Argon2<'_>) -> T + Send + 'static) -> T {
        let turn = self.turns.clone().acquire_owned().await;
        let argon2 = self.argon2.clone();
        let done = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            work(&argon2)
        });
        done.await
            .unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))
    }
}

impl Default for Argon2Passwords {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Passwords for Argon2Passwords {
    async fn hash(&self, password: &SecretText) -> String {
        let password = password.clone();
        self.work(move |argon2| {
            let hashed = argon2.hash_password(password.expose().as_bytes());
            hashed.expect("a password of at most 256 characters").to_string()
        })
        .await
    }

    async fn verify(&self, password: &SecretText, phc: Option<&str>) -> bool {
        let (password, known) = (password.clone(), phc.is_some());
        let against = phc.unwrap_or(NOBODY).to_owned();
        let fits = self.work(move |argon2| {
            argon2
                .verify_password(password.expose().as_bytes(), against.as_str())
                .is_ok()
        });
        fits.await && known
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> SecretText {
        SecretText::new(text.into())
    }

    #[tokio::test]
    async fn a_password_fits_its_own_hash_alone() {
        let passwords = Argon2Passwords::new();
        let phc = passwords.hash(&secret("correct horse battery")).await;
        assert!(phc.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{phc}");
        assert!(passwords.verify(&secret("correct horse battery"), Some(&phc)).await);
        assert!(!passwords.verify(&secret("correct horse batterx"), Some(&phc)).await);
        assert_ne!(phc, passwords.hash(&secret("correct horse battery")).await, "salted");
    }

    #[tokio::test]
    async fn nobody_signs_in_as_an_unknown_user_nor_with_a_broken_hash() {
        let passwords = Argon2Passwords::new();
        assert!(
            passwords
                .verify(&secret("nobody has this password"), Some(NOBODY))
                .await
        );
        assert!(!passwords.verify(&secret("nobody has this password"), None).await);
        assert!(!passwords.verify(&secret(""), Some("")).await);
        assert!(!passwords.verify(&secret("x"), Some("$argon2id$broken")).await);
    }

    /// Work follows from these alone, whatever the machine is doing meanwhile.
    #[tokio::test]
    async fn an_unknown_user_costs_as_much_as_a_wrong_password() {
        let phc = Argon2Passwords::new().hash(&secret("correct horse battery")).await;
        let work = |phc: &str| {
            let parts: Vec<_> = phc.split('$').map(str::to_owned).collect();
            let [_, algorithm, version, parameters, salt, output] = parts.try_into().expect("a PHC string");
            (algorithm, version, parameters, salt.len(), output.len())
        };
        assert_eq!(work(NOBODY), work(&phc));
    }

    /// One thread answers here: work on it would hold everything else up.
    #[tokio::test]
    async fn a_thread_that_answers_requests_goes_on_while_passwords_are_checked() {
        let passwords = Argon2Passwords::new();
        let right = secret("correct horse battery");
        let phc = passwords.hash(&right).await;
        let checks = futures::future::join_all((0..6).map(|_| passwords.verify(&right, Some(&phc))));
        let turns = async {
            for _ in 0..10 {
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            biased;
            () = turns => {}
            _ = checks => panic!("no turn was had before six passwords were checked"),
        }
    }
}
