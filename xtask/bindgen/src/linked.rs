//! A module as the linker makes it with `--emit-relocs`: its code, its data, and which of their bytes refer to which
//! function or piece of data.

use std::collections::HashMap;
use std::ops::Range;

use wasmparser::{
    ConstExpr, DataKind, Element, ElementItems, ElementKind, ExternalKind, FunctionBody, KnownCustom, Linking,
    LinkingSectionReader, Name, NameSectionReader, Operator, Parser, Payload, RelocationEntry, SymbolInfo, TypeRef,
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
                    self.imports += u32::from(matches!(import?.ty, TypeRef::Func(_)));
                }
            }
            Payload::ExportSection(exports) => {
                for export in exports {
                    let export = export?;
                    self.roots.extend((export.kind == ExternalKind::Func).then_some(export.index));
                }
            }
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
