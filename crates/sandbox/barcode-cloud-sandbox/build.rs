//! Copies the files of the Swagger UI that the page uses. The archive in its crate is four times as
//! large.

use std::env;
use std::error::Error;
use std::fs::File;
use std::io::Cursor;
use std::path::Path;

use utoipa_swagger_ui_vendored::SWAGGER_UI_VENDORED;
use zip::{ZipArchive, ZipWriter};

const FILES: [&str; 4] = ["dist/swagger-ui-bundle.js", "dist/swagger-ui.css", "LICENSE", "NOTICE"];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    let mut archive = ZipArchive::new(Cursor::new(SWAGGER_UI_VENDORED))?;
    // All files are in one folder, whose name contains the version.
    let first = archive.name_for_index(0).ok_or("the archive is empty")??.into_owned();
    let folder = first.split('/').next().unwrap_or_default();
    let path = Path::new(&env::var("OUT_DIR")?).join("swagger-ui.zip");
    let mut copy = ZipWriter::new(File::create(path)?);
    for path in FILES {
        let index = archive.index_for_name(&format!("{folder}/{path}")).ok_or(path)?;
        let name = path.trim_start_matches("dist/");
        copy.raw_copy_file_rename(archive.by_index_raw(index)?, name)?;
    }
    copy.finish()?;
    Ok(())
}
