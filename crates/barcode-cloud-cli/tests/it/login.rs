//! `barcode login` and `barcode logout`, with the keyring of GNOME if it is installed.

use crate::fixture::{Fixture, barcode, one_error};

/// Writes a configuration file whose profile `work` uses the sandbox, and has no secret.
fn write_profile(fixture: &Fixture) {
    let profile = format!(
        "[profiles.work]\nbase_url = '{}'\ntoken_url = '{}'\nclient_id = '{}'\n\
         [profiles.other]\nclient_id = 'x'\nclient_secret_command = ['true']\n",
        fixture.sandbox.base_url(),
        fixture.sandbox.token_url(),
        fixture.sandbox.client_id(),
    );
    fixture.write(".config/barcode/config.toml", profile);
    fixture.write("secret", format!("{}\n", fixture.sandbox.client_secret()));
}

/// Runs the lines of a shell script in a session with a new keyring. `$BARCODE` is the binary.
#[cfg(feature = "keyring")]
fn in_session(fixture: &Fixture, script: &str) -> Option<std::process::Output> {
    let is_installed =
        |program| std::process::Command::new(program).arg("--version").output().is_ok();
    if !["dbus-run-session", "gnome-keyring-daemon"].into_iter().all(is_installed) {
        eprintln!("skipped: the Debian packages dbus and gnome-keyring are not installed");
        return None;
    }
    let script = format!(
        "printf password | gnome-keyring-daemon --unlock --components=secrets >&2\n{script}"
    );
    let output = fixture
        .program("dbus-run-session")
        .args(["--", "sh", "-c", &script])
        .env("XDG_RUNTIME_DIR", fixture.folder.path())
        .env_remove("XDG_DATA_HOME")
        .output();
    Some(output.unwrap())
}

#[cfg(feature = "keyring")]
#[tokio::test(flavor = "multi_thread")]
async fn the_secret_of_a_profile_is_stored_used_and_removed() {
    let fixture = Fixture::new().await;
    write_profile(&fixture);
    let script = "
        barcode() { $BARCODE \"$@\" --profile work 2>&1; echo \"status $?\"; }
        barcode token
        echo wrong | barcode login
        barcode login < /dev/null
        barcode logout
        barcode login < secret
        barcode token
        barcode logout
        barcode token";
    let Some(output) = in_session(&fixture, script) else {
        return;
    };
    let (code, out, err) = crate::fixture::parts(&output);
    assert_eq!(code, Some(0), "{err}");
    assert!(!out.contains(fixture.sandbox.client_secret()), "{out}");
    let no_secret = "error: the profile `work` has no secret; store it with `barcode login --profile work`, or set `client_secret_command`";
    let expected = [
        no_secret,
        "status 2",
        "error: the secret was not stored: ",
        "status 2",
        "error: the secret is empty; ",
        "status 2",
        "error: the keyring has no secret of the profile `work`",
        "status 2",
        "The secret of the profile `work` is in the keyring.",
        "status 0",
        &format!("client  {} (from the profile `work`)", fixture.sandbox.client_id()),
        "expiry  ",
        "scope   ",
        "status 0",
        "The secret of the profile `work` was removed from the keyring.",
        "status 0",
        no_secret,
        "status 2",
    ];
    assert_eq!(out.lines().count(), expected.len(), "{out}{err}");
    for (line, expected) in out.lines().zip(expected) {
        assert!(line.starts_with(expected), "{line}\n{out}{err}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_that_cannot_succeed_says_what_to_do_instead() {
    let fixture = Fixture::new().await;
    write_profile(&fixture);
    for (arguments, expected) in [
        (&["login", "--profile", "work"][..], "set `client_secret_command` or `credentials_file`"),
        (&["logout", "--profile", "work"], "set `client_secret_command` or `credentials_file`"),
        (&["token", "--profile", "work"], "set `client_secret_command` or `credentials_file`"),
        (&["login", "--profile", "other"], "the profile `other` does not use the keyring"),
        (
            &["login"],
            "config.toml has no profile `default`; add the section `[profiles.default]` with its `client_id`",
        ),
        (&["login", "--sandbox"], "--sandbox needs no secret"),
    ] {
        let error = one_error(&barcode(fixture.folder.path(), arguments).output().unwrap());
        assert!(error.contains(expected), "{arguments:?}: {error}");
    }
}
