//! A module as the linker makes it with `--emit-relocs`: its code, its data, and which of their bytes refer to which
//! function or piece of data.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use wasmparser::{
    ConstExpr, DataKind, Element, ElementItems, ElementKind, Export, ExportSectionReader, ExternalKind, FunctionBody,
    KnownCustom, Linking, LinkingSectionReader, Name, NameSectionReader, Operator, Parser, Payload, RelocationEntry,
    SymbolInfo, TypeRef,
};

pub(crate) type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// What the linker knows of a symbol: a function by its index, or bytes of the data section by their offsets.
pub(crate) enum Symbol {
    Function(u32),
    Data(Range<usize>),
    Other,
}

/// The parts of a module that are read. Offsets are those in the whole file.
#[derive(Default)]
pub(crate) struct Module<'a> {
    pub(crate) bytes: &'a [u8],
    /// Functions that are imported; their indices come first.
    pub(crate) imports: u32,
    /// The names of what is imported.
    pub(crate) import_names: HashSet<&'a str>,
    /// What is used from outside.
    pub(crate) exports: Vec<Export<'a>>,
    /// Functions that are called from outside.
    pub(crate) roots: Vec<u32>,
    pub(crate) bodies: Vec<FunctionBody<'a>>,
    /// The functions in the table, from the entry on that comes first.
    pub(crate) table: Vec<u32>,
    pub(crate) first_entry: i32,
    /// Each segment: its address, and where its bytes are.
    pub(crate) segments: Vec<(i32, Range<usize>)>,
    pub(crate) symbols: Vec<Symbol>,
    /// The mangled names of functions.
    pub(crate) names: HashMap<u32, &'a str>,
    /// By offset.
    pub(crate) relocations: Vec<(usize, RelocationEntry)>,
}

impl<'a> Module<'a> {
    pub(crate) fn read(bytes: &'a [u8]) -> Result<Self> {
        let mut module = Self { bytes, ..Self::default() };
        let (mut sections, mut relocations) = (Vec::new(), Vec::new());
        for payload in Parser::new(0).parse_all(bytes) {
            let payload = payload?;
            if let (Some((_, range)), false) = (payload.as_section(), matches!(payload, Payload::CodeSectionEntry(_))) {
                sections.push(range.start);
            }
            match payload {
                Payload::CustomSection(section) => match section.as_known() {
                    KnownCustom::Linking(linking) => module.read_symbols(linking)?,
                    KnownCustom::Name(names) => module.read_names(names)?,
                    KnownCustom::Reloc(section) => {
                        for entry in section.entries() {
                            relocations.push((section.section_index() as usize, entry?));
                        }
                    }
                    _ => {}
                },
                payload => module.read_section(payload)?,
            }
        }
        let placed = |(section, entry): (usize, RelocationEntry)| (sections[section] + entry.offset as usize, entry);
        module.relocations = relocations.into_iter().map(placed).collect();
        module.relocations.sort_by_key(|(offset, _)| *offset);
        Ok(module)
    }

    fn read_section(&mut self, payload: Payload<'a>) -> Result<()> {
        match payload {
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    let import = import?;
                    self.imports += u32::from(matches!(import.ty, TypeRef::Func(_)));
                    self.import_names.insert(import.name);
                }
            }
            Payload::ExportSection(exports) => self.read_exports(exports)?,
            Payload::StartSection { func, .. } => self.roots.push(func),
            Payload::ElementSection(elements) => {
                for element in elements {
                    self.read_table(element?)?;
                }
            }
            Payload::CodeSectionEntry(body) => self.bodies.push(body),
            Payload::DataSection(segments) => {
                for segment in segments {
                    let segment = segment?;
                    let DataKind::Active { offset_expr, .. } = &segment.kind else {
                        return Err("has a segment that is not put into memory at the start".into());
                    };
                    let bytes = segment.range.end - segment.data.len()..segment.range.end;
                    self.segments.push((constant(offset_expr)?, bytes));
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Leaves out what describes to wasm-bindgen an import that the module does without, or an export that it has not: the
    /// linker keeps all thousand descriptions of js-sys, and with them the functions that closures would be called by.
    fn read_exports(&mut self, exports: ExportSectionReader<'a>) -> Result<()> {
        const DESCRIBES: &str = "__wbindgen_describe_";
        let exports = exports.into_iter().collect::<wasmparser::Result<Vec<_>>>()?;
        let names: HashSet<&str> = exports.iter().map(|export| export.name).collect();
        let is_used = |export: &Export<'_>| {
            let described = export.name.strip_prefix(DESCRIBES);
            described.is_none_or(|name| names.contains(name) || self.import_names.contains(name))
        };
        self.exports = exports.into_iter().filter(is_used).collect();
        let functions = self.exports.iter().filter(|export| export.kind == ExternalKind::Func);
        self.roots.extend(functions.map(|export| export.index));
        Ok(())
    }

    fn read_table(&mut self, element: Element<'_>) -> Result<()> {
        let (ElementKind::Active { offset_expr, .. }, ElementItems::Functions(functions), []) =
            (element.kind, element.items, &*self.table)
        else {
            return Err("has another table than one of functions".into());
        };
        self.first_entry = constant(&offset_expr)?;
        self.table = functions.into_iter().collect::<wasmparser::Result<_>>()?;
        Ok(())
    }

    fn read_symbols(&mut self, linking: LinkingSectionReader<'_>) -> Result<()> {
        for part in linking {
            let Linking::SymbolTable(symbols) = part? else { continue };
            for symbol in symbols {
                self.symbols.push(match symbol? {
                    SymbolInfo::Func { index, .. } => Symbol::Function(index),
                    SymbolInfo::Data { symbol: Some(place), .. } => {
                        let start = self.segments[place.index as usize].1.start + place.offset as usize;
                        Symbol::Data(start..start + place.size as usize)
                    }
                    _ => Symbol::Other,
                });
            }
        }
        Ok(())
    }

    fn read_names(&mut self, names: NameSectionReader<'a>) -> Result<()> {
        for kind in names {
            let Name::Function(functions) = kind? else { continue };
            for function in functions {
                let function = function?;
                self.names.insert(function.index, function.name);
            }
        }
        Ok(())
    }
}

/// The value of an expression that is one constant.
fn constant(expression: &ConstExpr<'_>) -> Result<i32> {
    match expression.get_operators_reader().read()? {
        Operator::I32Const { value } => Ok(value),
        _ => Err("has an offset that is no constant".into()),
    }
}

#[cfg(test)]
mod tests {
    use wasm_encoder::{self as encoder, EntityType, ExportKind, ExportSection, Function, ValType};

    use super::*;

    #[test]
    fn descriptions_of_what_is_not_there_are_left_out() {
        let (mut types, mut imports) = (encoder::TypeSection::new(), encoder::ImportSection::new());
        types.ty().function([], [ValType::I32]);
        imports.import("__wbindgen_placeholder__", "used", EntityType::Function(0));
        let (mut functions, mut exports, mut code) =
            (encoder::FunctionSection::new(), ExportSection::new(), encoder::CodeSection::new());
        let names = ["halve", "__wbindgen_describe_halve", "__wbindgen_describe_used", "__wbindgen_describe_unused"];
        for (function, name) in (1..).zip(names) {
            functions.function(0);
            exports.export(name, ExportKind::Func, function);
            let mut body = Function::new([]);
            body.instructions().i32_const(0).end();
            code.function(&body);
        }
        let mut module = encoder::Module::new();
        module.section(&types).section(&imports).section(&functions).section(&exports).section(&code);
        let bytes = module.finish();
        let module = Module::read(&bytes).unwrap();
        assert_eq!(module.exports.iter().map(|export| export.name).collect::<Vec<_>>(), names[..3]);
        assert_eq!(module.roots, [1, 2, 3]);
    }
}
