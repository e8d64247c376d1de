//! What every command that calls the server works with.

use crate::args::Global;
use crate::client::Client;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;
use crate::settings::Settings;
use std::sync::{Arc, Mutex};
use tokio::sync::OnceCell;

pub struct Context {
    pub client: Client,
    pub out: Output,
    pub running: Running,
    /// Key of the project.
    pub project: String,
    /// Its id, once it was asked for.
    pub(crate) project_id: OnceCell<String>,
}

impl Context {
    /// A signed-in caller of the server that the command line, the environment or the profile names.
    ///
    /// # Errors
    /// No server or no token.
    pub fn of(global: &Global, out: Output, running: Running) -> Result<Self, Failure> {
        let settings = Settings::of(global)?;
        let client = Client::new(&settings, global.idempotency_key.clone())?;
        client.must_be_signed_in()?;
        Ok(Self {
            client,
            out,
            running,
            project: global.project.clone(),
            project_id: OnceCell::new(),
        })
    }
}

/// What goes on at the server whether or not this program is there: told when it is interrupted.
#[derive(Clone, Default)]
pub struct Running(Arc<Mutex<Option<u64>>>);

impl Running {
    /// This release was set going.
    pub fn goes_on(&self, number: u64) {
        if let Ok(mut running) = self.0.lock() {
            *running = Some(number);
        }
    }

    #[must_use]
    pub fn interrupted(&self) -> Failure {
        let running = self.0.lock().ok().and_then(|running| *running);
        match running {
            Some(number) => {
                let detail = format!("Release {number} goes on without this program.");
                let failure = Failure::own("interrupted", "Interrupted", detail).exit(Exit::Interrupted);
                failure.hint(format!("`releasectl release watch {number}` follows it again"))
            }
            None => Failure::own("interrupted", "Interrupted", "").exit(Exit::Interrupted),
        }
    }
}
