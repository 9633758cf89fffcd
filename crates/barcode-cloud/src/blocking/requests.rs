//! The requests without async: each holds the one of the async client and hands every setting on to it.

use std::path::Path;
use std::time::Duration;

use super::Image;
use super::reader::ImageReader;
use super::runtime::Runtime;
use crate::{
    Barcode, BarcodeImageFormat, Code128Options, DecodeBarcodeType, Error, Pdf417Options,
    QrOptions, RecognitionImageKind, RecognitionMode, RenderOptions,
};

/// A request that can be one of many: [`Generate`], [`Recognize`], [`Scan`].
pub trait Request: sealed::Sealed<Sent = Self::Answer> {
    /// What its answer carries.
    type Answer: Send + 'static;
}

pub(super) mod sealed {
    /// What can be run on another thread.
    pub trait Sealed {
        /// What comes out of it.
        type Sent: Send + 'static;

        /// The work itself.
        fn into_work(
            self,
        ) -> impl Future<Output = Result<Self::Sent, crate::Error>> + Send + 'static;
    }
}

macro_rules! request {
    ($name:ident -> $answer:ty, $wrap:expr, {
        $($setter:ident($argument:ident: $type:ty);)+
    }) => {
        #[doc = concat!("As [`barcode_cloud::", stringify!($name), "`](crate::", stringify!($name), "), without async.")]
        #[must_use = "nothing is sent before `send`"]
        #[derive(Debug, Clone)]
        pub struct $name {
            request: crate::$name,
            runtime: Runtime,
        }

        impl $name {
            pub(super) fn new(request: crate::$name, runtime: &Runtime) -> Self {
                Self { request, runtime: runtime.clone() }
            }

            $(
                #[doc = concat!("As [`", stringify!($name), "::", stringify!($setter), "`](crate::", stringify!($name), "::", stringify!($setter), ").")]
                pub fn $setter(mut self, $argument: $type) -> Self {
                    self.request = self.request.$setter($argument);
                    self
                }
            )+

            #[doc = concat!("As [`", stringify!($name), "::send`](crate::", stringify!($name), "::send).")]
            ///
            /// # Errors
            ///
            /// The same.
            pub fn send(self) -> Result<$answer, Error> {
                let runtime = self.runtime.clone();
                runtime.wait(sealed::Sealed::into_work(self))
            }
        }

        impl sealed::Sealed for $name {
            type Sent = $answer;

            async fn into_work(self) -> Result<$answer, Error> {
                self.request.send().await.map($wrap)
            }
        }

        impl Request for $name {
            type Answer = $answer;
        }
    };
}

request!(Generate -> Image, Image, {
    format(format: BarcodeImageFormat);
    render(options: impl Into<RenderOptions>);
    qr(qr: impl Into<QrOptions>);
    code128(code128: impl Into<Code128Options>);
    pdf417(pdf417: impl Into<Pdf417Options>);
    timeout(limit: Duration);
    request_id(id: impl Into<String>);
});

request!(Recognize -> Vec<Barcode>, std::convert::identity, {
    types(types: impl IntoIterator<Item = DecodeBarcodeType>);
    mode(mode: RecognitionMode);
    image_kind(kind: RecognitionImageKind);
    timeout(limit: Duration);
    request_id(id: impl Into<String>);
});

request!(Scan -> Vec<Barcode>, std::convert::identity, {
    timeout(limit: Duration);
    request_id(id: impl Into<String>);
});

impl Generate {
    /// As [`Generate::stream`](crate::Generate::stream): the picture to be read as it comes, in constant memory.
    ///
    /// # Errors
    ///
    /// The same.
    pub fn stream(self) -> Result<ImageReader, Error> {
        let request = self.request;
        let stream = self.runtime.wait(async move { request.stream().await })?;
        Ok(ImageReader::new(stream, self.runtime))
    }

    /// As [`Generate::save`](crate::Generate::save).
    ///
    /// # Errors
    ///
    /// The same.
    pub fn save(self, path: impl AsRef<Path>) -> Result<u64, Error> {
        let path = path.as_ref().to_owned();
        let request = self.request;
        self.runtime.wait(async move { request.save(path).await })
    }
}
