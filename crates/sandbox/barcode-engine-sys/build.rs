//! Compiles libzint and zxing-cpp with the C and C++ compilers that the `cc` crate finds. Does
//! nothing without the feature `native`.

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

    /// The package that contains the sources.
    const PACKAGE: &str = "zxing-cpp";

    /// The folders of zxing-cpp with the code for reading.
    const READERS: [&str; 7] = [".", "aztec", "datamatrix", "maxicode", "oned", "pdf417", "qrcode"];
    /// Files for writing, and for the C API of zxing-cpp.
    const EXCLUDED_FROM_ZXING: [&str; 3] = ["CreateBarcode.cpp", "WriteBarcode.cpp", "ZXingC.cpp"];
    /// Files of libzint for PNG output and for Windows DLLs.
    const EXCLUDED_FROM_ZINT: [&str; 2] = ["png.c", "dllversion.c"];

    pub(crate) fn build() -> Result<()> {
        let package = package()?;
        let out = PathBuf::from(std::env::var("OUT_DIR")?);
        zint(&package.join("zint/backend"))?;
        zxing(&package.join("core/src"), &package, &out)
    }

    /// The folder to which cargo has unpacked the package, whether from a registry, a mirror or a
    /// vendor folder.
    fn package() -> Result<PathBuf> {
        // The metadata covers the whole workspace, and cargo may not have downloaded all of its
        // packages yet.
        let metadata = metadata(&["--offline"]).or_else(|_| metadata(&[]))?;
        manifest(&metadata)
            .and_then(|manifest| Some(manifest.parent()?.to_owned()))
            .ok_or_else(|| format!("cargo metadata does not contain the package {PACKAGE}").into())
    }

    fn metadata(more: &[&str]) -> Result<String> {
        let output = Command::new(std::env::var("CARGO")?)
            .args(["metadata", "--format-version", "1", "--locked"])
            .args(more)
            // Do not require packages for other platforms.
            .args(["--filter-platform", &std::env::var("HOST")?])
            .args(["--features", "native", "--manifest-path"])
            .arg(Path::new(&std::env::var("CARGO_MANIFEST_DIR")?).join("Cargo.toml"))
            .output()?;
        if !output.status.success() {
            let message = String::from_utf8_lossy(&output.stderr).replace('\n', " ");
            return Err(format!("cargo metadata failed to locate {PACKAGE}: {message}").into());
        }
        Ok(String::from_utf8(output.stdout)?)
    }

    /// Finds the path of the package's manifest in the metadata. A JSON parser is not necessary,
    /// because each path is one string.
    fn manifest(metadata: &str) -> Option<PathBuf> {
        let paths = metadata.split("\"manifest_path\":\"").skip(1);
        let paths = paths.filter_map(|rest| rest.split('"').next());
        let mut paths = paths.map(|path| PathBuf::from(path.replace("\\\\", "\\")));
        paths.find(|path| {
            let folder = path.parent().and_then(Path::file_name);
            let name = folder.and_then(|folder| folder.to_str()).unwrap_or_default();
            let version = name.strip_prefix(PACKAGE).unwrap_or("?");
            // `zxing-cpp-0.5.3`, or `zxing-cpp` in a vendor folder.
            (version.is_empty() || version.starts_with('-'))
                && folder.is_some()
                && path.with_file_name("zint").is_dir()
        })
    }

    fn zint(backend: &Path) -> Result<()> {
        let mut build = cc::Build::new();
        build.files(sources(backend, "c", &EXCLUDED_FROM_ZINT)?).define("ZINT_NO_PNG", None);
        finish(&mut build, "barcode_cloud_zint")
    }

    fn zxing(core: &Path, package: &Path, out: &Path) -> Result<()> {
        // Replaces the file that CMake would generate. It enables all readers and no writers.
        fs::write(out.join("Version.h"), VERSION)?;
        let mut cpp = cc::Build::new();
        cpp.cpp(true).std("c++20").define("ZXING_INTERNAL", None);
        for folder in READERS {
            cpp.files(sources(&core.join(folder), "cpp", &EXCLUDED_FROM_ZXING)?);
        }
        cpp.file("shim/shim.cpp");
        cpp.include(out).include(core).include(package.join("zint/backend"));
        finish(&mut cpp, "barcode_cloud_zxing")?;
        let mut c = cc::Build::new();
        c.files(sources(&core.join("libzueci"), "c", &[])?);
        finish(&mut c, "barcode_cloud_zueci")
    }

    /// Compiles with optimization in every profile. These sources need no debugging, and tests use
    /// them a lot.
    fn finish(build: &mut cc::Build, name: &str) -> Result<()> {
        build.opt_level(2).debug(false).warnings(false);
        build.try_compile(name)?;
        Ok(())
    }

    fn sources(folder: &Path, extension: &str, exclude: &[&str]) -> Result<Vec<PathBuf>> {
        let mut files = Vec::new();
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            let name = path.file_name().and_then(|name| name.to_str());
            let excluded = name.is_none_or(|name| exclude.contains(&name));
            if path.extension().is_some_and(|found| found == extension) && !excluded {
                files.push(path);
            }
        }
        // Makes the library independent of the order of the file system.
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
