//! What quickstart puts into its data directory on first use: policy, company, certificates.
//!
//! Nothing that is there is overwritten: the newcomer changes the policy and starts again.

#![allow(clippy::disallowed_methods, reason = "this file makes quickstart's own data directory")]

use anyhow::{Context as _, bail};
use gateway::{LocalCa, TlsFiles};
use settings::Settings;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

/// The policy folder of the repository, by name within it.
pub(crate) const POLICIES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/policies.rs"));

/// Where the local authority and the server's certificate are.
pub(crate) struct LocalTls {
    /// What clients are told to trust.
    pub(crate) authority: PathBuf,
    /// What the server shows.
    pub(crate) files: TlsFiles,
}

impl LocalTls {
    pub(crate) fn of(data_dir: &Path) -> Self {
        let folder = data_dir.join("tls");
        Self {
            authority: folder.join("ca.pem"),
            files: TlsFiles { certificate: folder.join("server.pem"), key: folder.join("server.key") },
        }
    }
}

/// Makes what is missing of quickstart's data directory.
pub(crate) fn prepare(settings: &Settings) -> anyhow::Result<()> {
    let data_dir = &settings.server.data_dir;
    private_folder(data_dir)?;
    if !settings.policy.dir.exists() {
        write_policies(&settings.policy.dir)?;
    }
    let company = data_dir.join("company");
    if !company.exists() {
        private_folder(&company)?;
        connector_sql::create_company(&company).context("the sample company cannot be made")?;
    }
    let tls = LocalTls::of(data_dir);
    if !tls.authority.exists() {
        certificates(&tls, data_dir)?;
    }
    Ok(())
}

/// Writes the sample policy folder.
pub(crate) fn write_policies(folder: &Path) -> anyhow::Result<()> {
    for (name, text) in POLICIES {
        let file = folder.join(name);
        private_folder(file.parent().unwrap_or(folder))?;
        private_file(&file, text.as_bytes())?;
    }
    Ok(())
}

/// A folder of mode 0700 that belongs to us; one with wider rights is refused.
pub(crate) fn private_folder(folder: &Path) -> anyhow::Result<()> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .with_context(|| format!("cannot make the folder `{}`", folder.display()))?;
    let about =
        fs::symlink_metadata(folder).with_context(|| format!("cannot look at `{}`", folder.display()))?;
    let mode = about.permissions().mode() & 0o777;
    if !about.is_dir() || mode & 0o077 != 0 {
        bail!("`{0}` is open to others (mode {mode:o}); run: chmod 700 '{0}'", folder.display());
    }
    // The effective uid is the owner of what we create now.
    let probe = fs::metadata("/proc/self").context("cannot look at /proc/self")?;
    if about.uid() != probe.uid() {
        bail!("`{}` belongs to uid {}, not to this process", folder.display(), about.uid());
    }
    Ok(())
}

/// A new file of mode 0600, on disk before this returns.
pub(crate) fn private_file(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let write = || -> std::io::Result<()> {
        let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        file.write_all(bytes)?;
        file.sync_all()
    };
    write().with_context(|| format!("cannot write `{}`", path.display()))
}

/// The authority's key is used once and forgotten. The authority's certificate is written last: with
/// it, everything is there.
fn certificates(tls: &LocalTls, data_dir: &Path) -> anyhow::Result<()> {
    private_folder(&data_dir.join("tls"))?;
    for leftover in [&tls.files.certificate, &tls.files.key] {
        if leftover.exists() {
            fs::remove_file(leftover).with_context(|| format!("cannot remove `{}`", leftover.display()))?;
        }
    }
    let authority = LocalCa::create()?;
    let server = authority.issue(&["localhost", "127.0.0.1", "::1"])?;
    private_file(&tls.files.key, server.key_pem.expose().as_bytes())?;
    private_file(&tls.files.certificate, server.certificate_pem.as_bytes())?;
    private_file(&tls.authority, authority.certificate_pem.as_bytes())
}
