//! Compiles libzint and zxing-cpp with the C and C++ compilers that the `cc` crate finds. Without the feature
//! `native` it does nothing.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=shim");
    #[cfg(feature = "native")]
    if let Err(problem) = native::build() {
        println!("cargo::error={problem}");
    }
}

#[cfg(feature = "native")]
mod native {
    use std::error::Error;
    use std::fs;
    use std::path::{Path, PathBuf};
    use std::process::Command;

    type Result<T> = std::result::Result<T, Box<dyn Error>>;

    /// The package with the sources.
    const PACKAGE: &str = "zxing-cpp";

    /// zxing-cpp's folders with readers.
    const READERS: [&str; 7] = [
        ".",
        "aztec",
        "datamatrix",
        "maxicode",
        "oned",
        "pdf417",
        "qrcode",
    ];
    /// Not for reading, or for its C API.
    const NOT_READING: [&str; 3] = ["CreateBarcode.cpp", "WriteBarcode.cpp", "ZXingC.cpp"];
    /// For file formats and libraries that are not asked for.
    const NOT_WRITING: [&str; 2] = ["png.c", "dllversion.c"];

    pub(crate) fn build() -> Result<()> {
        let package = package()?;
        let out = PathBuf::from(std::env::var("OUT_DIR")?);
        zint(&package.join("zint/backend"))?;
        zxing(&package.join("core/src"), &package, &out)
    }

    /// Where cargo has unpacked the package: from a registry, a vendor folder or a mirror alike.
    fn package() -> Result<PathBuf> {
        // Metadata is of the whole workspace, of which cargo may not have everything yet.
        let metadata = metadata(&["--offline"]).or_else(|_| metadata(&[]))?;
        manifest(&metadata)
            .and_then(|manifest| Some(manifest.parent()?.to_owned()))
            .ok_or_else(|| format!("cargo metadata names no package {PACKAGE}").into())
    }

    fn metadata(more: &[&str]) -> Result<String> {
        let output = Command::new(std::env::var("CARGO")?)
            .args(["metadata", "--format-version", "1", "--locked"])
            .args(more)
            // Packages for other platforms need not be there.
            .args(["--filter-platform", &std::env::var("HOST")?])
            .args(["--features", "native", "--manifest-path"])
            .arg(Path::new(&std::env::var("CARGO_MANIFEST_DIR")?).join("Cargo.toml"))
            .output()?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr).replace('\n', " ");
            return Err(format!("cargo metadata does not tell where {PACKAGE} is: {said}").into());
        }
        Ok(String::from_utf8(output.stdout)?)
    }

    /// The one path in the metadata that ends as the manifest of the package does. It needs no JSON parser: a
    /// path to a manifest is written in one string.
    fn manifest(metadata: &str) -> Option<PathBuf> {
        let paths = metadata.split("\"manifest_path\":\"").skip(1);
        let paths = paths.filter_map(|rest| rest.split('"').next());
        let mut paths = paths.map(|path| PathBuf::from(path.replace("\\\\", "\\")));
        paths.find(|path| {
            let folder = path.parent().and_then(Path::file_name);
            let name = folder.and_then(|it| it.to_str()).unwrap_or_default();
            let version = name.strip_prefix(PACKAGE).unwrap_or("?");
            // `zxing-cpp-0.5.3`, or `zxing-cpp` in a vendor folder.
            (version.is_empty() || version.starts_with('-'))
                && folder.is_some()
                && path.with_file_name("zint").is_dir()
        })
    }

    fn zint(backend: &Path) -> Result<()> {
        let mut build = cc::Build::new();
        build
            .files(sources(backend, "c", &NOT_WRITING)?)
            .define("ZINT_NO_PNG", None);
        finish(&mut build, "barcode_cloud_zint")
    }

    fn zxing(core: &Path, package: &Path, out: &Path) -> Result<()> {
        // In place of the one that cmake would make: readers of all kinds, no writers.
        fs::write(out.join("Version.h"), VERSION)?;
        let mut cpp = cc::Build::new();
        cpp.cpp(true).std("c++20").define("ZXING_INTERNAL", None);
        for folder in READERS {
            cpp.files(sources(&core.join(folder), "cpp", &NOT_READING)?);
        }
        cpp.file("shim/shim.cpp");
        cpp.include(out)
            .include(core)
            .include(package.join("zint/backend"));
        finish(&mut cpp, "barcode_cloud_zxing")?;
        let mut c = cc::Build::new();
        c.files(sources(&core.join("libzueci"), "c", &[])?);
        finish(&mut c, "barcode_cloud_zueci")
    }

    /// Optimised in every profile: nobody debugs into these sources, and tests read and write a lot.
    fn finish(build: &mut cc::Build, name: &str) -> Result<()> {
        build.opt_level(2).debug(false).warnings(false);
        build.try_compile(name)?;
        Ok(())
    }

    fn sources(folder: &Path, extension: &str, without: &[&str]) -> Result<Vec<PathBuf>> {
        let mut files = Vec::new();
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            let name = path.file_name().and_then(|it| it.to_str());
            let left_out = name.is_none_or(|name| without.contains(&name));
            if path.extension().is_some_and(|it| it == extension) && !left_out {
                files.push(path);
            }
        }
        // The same library from the same sources, whatever the file system's order.
        files.sort();
        Ok(files)
    }

    const VERSION: &str = "\
#pragma once
#define ZXING_READERS
#define ZXING_ENABLE_1D 1
#define ZXING_ENABLE_AZTEC 1
#define ZXING_ENABLE_DATAMATRIX 1
#define ZXING_ENABLE_MAXICODE 1
#define ZXING_ENABLE_PDF417 1
#define ZXING_ENABLE_QRCODE 1
#define ZXING_VERSION_MAJOR 3
#define ZXING_VERSION_MINOR 1
#define ZXING_VERSION_PATCH 1
#define ZXING_VERSION_SUFFIX \"\"
#define ZXING_VERSION_STR \"3.1.1\"
";
}
