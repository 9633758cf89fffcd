//! Enumerations: adds the constant `ALL` with all values, and makes `FromStr` ignore case if no
//! value matches exactly.

use quote::ToTokens as _;
use syn::visit_mut::VisitMut;
use syn::{Arm, Fields, Ident, Item, ItemEnum, ItemImpl, Pat, Type, parse_quote};

use super::missing;
use crate::Error;

pub(super) fn list_values_and_ignore_case(items: &mut Vec<Item>) -> Result<(), Error> {
    let enums: Vec<(Ident, Vec<Ident>)> = items.iter().filter_map(values).collect();
    for (name, values) in enums {
        ignore_case(items, &name, values.len())?;
        let at = items
            .iter()
            .position(|item| matches!(item, Item::Enum(e) if e.ident == name));
        let list: ItemImpl = parse_quote! {
            impl #name {
                /// All values, in the order of the document.
                pub const ALL: &'static [Self] = &[#(Self::#values),*];
            }
        };
        items.insert(at.unwrap_or_default() + 1, Item::Impl(list));
    }
    Ok(())
}

/// Returns the name and the variants of an enumeration whose variants have no fields.
fn values(item: &Item) -> Option<(Ident, Vec<Ident>)> {
    let Item::Enum(ItemEnum {
        ident, variants, ..
    }) = item
    else {
        return None;
    };
    let plain = variants
        .iter()
        .all(|variant| matches!(variant.fields, Fields::Unit));
    plain.then(|| {
        (
            ident.clone(),
            variants
                .iter()
                .map(|variant| variant.ident.clone())
                .collect(),
        )
    })
}

/// Replaces the last match arm in `FromStr`, which rejects every value that differs from the
/// document, even in case only.
fn ignore_case(items: &mut [Item], name: &Ident, count: usize) -> Result<(), Error> {
    struct Fallback {
        error: String,
        found: bool,
    }
    impl VisitMut for Fallback {
        fn visit_arm_mut(&mut self, arm: &mut Arm) {
            if matches!(arm.pat, Pat::Wild(_)) {
                let error = &self.error;
                *arm.body = parse_quote! {
                    Self::ALL
                        .iter()
                        .copied()
                        .find(|known| known.to_string().eq_ignore_ascii_case(value))
                        .ok_or_else(|| #error.into())
                };
                self.found = true;
            }
        }
    }
    let mut fallback = Fallback {
        error: format!("not one of the {count} values of {name}; `{name}::ALL` lists them"),
        found: false,
    };
    for item in items {
        if let Item::Impl(item) = item
            && is_from_str(item, name)
        {
            fallback.visit_item_impl_mut(item);
        }
    }
    if fallback.found {
        Ok(())
    } else {
        Err(missing(name, "match with a wildcard arm in FromStr"))
    }
}

fn is_from_str(item: &ItemImpl, name: &Ident) -> bool {
    let for_name = matches!(&*item.self_ty, Type::Path(path) if path.path.is_ident(name));
    let of_trait = item
        .trait_
        .as_ref()
        .is_some_and(|(path, _)| path.to_token_stream().to_string().ends_with("FromStr"));
    for_name && of_trait
}

#[cfg(test)]
mod tests {
    use quote::ToTokens as _;
    use syn::parse_quote;

    use super::list_values_and_ignore_case;

    #[test]
    fn an_enumeration_lists_its_values_and_ignores_case() {
        let mut file: syn::File = parse_quote! {
            pub enum Level { Low, High }
            impl ::std::str::FromStr for Level {
                fn from_str(value: &str) -> Result<Self, E> {
                    match value {
                        "Low" => Ok(Self::Low),
                        "High" => Ok(Self::High),
                        _ => Err("invalid value".into()),
                    }
                }
            }
            pub struct NotAnEnum;
        };
        list_values_and_ignore_case(&mut file.items).unwrap();
        let text = file.to_token_stream().to_string();
        assert!(
            text.contains("pub const ALL : & 'static [Self] = & [Self :: Low , Self :: High]"),
            "{text}"
        );
        assert!(text.contains("eq_ignore_ascii_case (value)"), "{text}");
        assert!(!text.contains("invalid value"), "{text}");
    }

    #[test]
    fn only_the_from_str_of_an_enumeration_is_changed() {
        let others: [syn::Item; 2] = [
            parse_quote!(
                impl Level {
                    fn is_low(&self) -> bool {
                        match self {
                            Self::Low => true,
                            _ => false,
                        }
                    }
                }
            ),
            parse_quote!(
                impl ::std::str::FromStr for Other {
                    fn from_str(value: &str) -> Result<Self, E> {
                        match value {
                            _ => Err("invalid value".into()),
                        }
                    }
                }
            ),
        ];
        let level: syn::Item = parse_quote!(
            pub enum Level {
                Low,
                High,
            }
        );
        let mut without = vec![level.clone(), others[0].clone(), others[1].clone()];
        let error = list_values_and_ignore_case(&mut without).unwrap_err();
        assert!(error.to_string().contains("Level"), "{error}");

        let own = parse_quote!(
            impl ::std::str::FromStr for Level {
                fn from_str(value: &str) -> Result<Self, E> {
                    match value {
                        _ => Err("invalid value".into()),
                    }
                }
            }
        );
        let mut items = vec![others[0].clone(), others[1].clone(), level.clone(), own];
        list_values_and_ignore_case(&mut items).unwrap();
        assert_eq!(items[..2], others);
        assert_eq!(
            items[2], level,
            "the list of values follows the enumeration"
        );
        let list = items[3].to_token_stream().to_string();
        assert!(list.contains("const ALL"), "{list}");
    }
}
