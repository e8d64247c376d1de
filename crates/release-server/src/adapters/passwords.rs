//! Passwords under Argon2id: 19 MiB, two passes, one lane (OWASP's first choice for a login that must stay quick).

use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use release_domain::ports::Passwords;
use release_domain::secret::SecretText;

const MEMORY_KIB: u32 = 19 * 1_024;
const PASSES: u32 = 2;
const LANES: u32 = 1;
/// Checked in place of the hash that an unknown user does not have, so that both take as long: of the password
/// `nobody has this password`, under the parameters above.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$jIGa64ZHVw/dGERzXXpNAQ$2ER9uqRUmbN1JV96/zxs3bzm2az0VuMs7OCYXq9cdhI";

pub struct Argon2Passwords {
    argon2: Argon2<'static>,
}

impl Argon2Passwords {
    /// # Panics
    /// Never: the parameters are constants that Argon2 takes.
    #[must_use]
    pub fn new() -> Self {
        let params = Params::new(MEMORY_KIB, PASSES, LANES, None).expect("parameters that Argon2 takes");
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        Self { argon2 }
    }
}

impl Default for Argon2Passwords {
    fn default() -> Self {
        Self::new()
    }
}

impl Passwords for Argon2Passwords {
    fn hash(&self, password: &SecretText) -> String {
        let hashed = self.argon2.hash_password(password.expose().as_bytes());
        hashed.expect("a password of at most 256 characters").to_string()
    }

    fn verify(&self, password: &SecretText, phc: Option<&str>) -> bool {
        let against = phc.unwrap_or(NOBODY);
        let fits = self
            .argon2
            .verify_password(password.expose().as_bytes(), against)
            .is_ok();
        fits && phc.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> SecretText {
        SecretText::new(text.into())
    }

    #[test]
    fn a_password_fits_its_own_hash_alone() {
        let passwords = Argon2Passwords::new();
        let phc = passwords.hash(&secret("correct horse battery"));
        assert!(phc.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{phc}");
        assert!(passwords.verify(&secret("correct horse battery"), Some(&phc)));
        assert!(!passwords.verify(&secret("correct horse batterx"), Some(&phc)));
        assert_ne!(phc, passwords.hash(&secret("correct horse battery")), "salted");
    }

    #[test]
    fn nobody_signs_in_as_an_unknown_user_nor_with_a_broken_hash() {
        let passwords = Argon2Passwords::new();
        assert!(passwords.verify(&secret("nobody has this password"), Some(NOBODY)));
        assert!(!passwords.verify(&secret("nobody has this password"), None));
        assert!(!passwords.verify(&secret(""), Some("")));
        assert!(!passwords.verify(&secret("x"), Some("$argon2id$broken")));
    }

    /// Work follows from these alone, whatever the machine is doing meanwhile.
    #[test]
    fn an_unknown_user_costs_as_much_as_a_wrong_password() {
        let phc = Argon2Passwords::new().hash(&secret("correct horse battery"));
        let work = |phc: &str| {
            let parts: Vec<_> = phc.split('$').map(str::to_owned).collect();
            let [_, algorithm, version, parameters, salt, output] = parts.try_into().expect("a PHC string");
            (algorithm, version, parameters, salt.len(), output.len())
        };
        assert_eq!(work(NOBODY), work(&phc));
    }
}
