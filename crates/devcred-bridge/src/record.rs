//! Plain data that is declared once.
//!
//! A language's binding generator needs a struct of its own crate for each record that it converts.
//! So each record is a table, a macro that passes the fields to another macro:
//! [`record!`](crate::record) declares the struct of the bridge from it, and a binding declares its
//! own. A field is added to one table, in this crate.

/// Declares a struct from a table of fields, such as
/// [`credential_fields!`](crate::credential_fields).
///
/// `required` fields have the type that the table names, `optional` ones an `Option` of it. The
/// names of types are resolved where the table is used, so that a binding can substitute types that
/// its generator converts.
#[macro_export]
macro_rules! record {
    (
        $(#[$attribute:meta])* $name:ident {
            required { $($(#[$doc:meta])* $field:ident: $type:ident,)* }
            optional { $($(#[$optional_doc:meta])* $optional:ident: $optional_type:ident,)* }
        }
    ) => {
        $(#[$attribute])*
        pub struct $name {
            $($(#[$doc])* pub $field: $type,)*
            $($(#[$optional_doc])* pub $optional: Option<$optional_type>,)*
        }
    };
}
