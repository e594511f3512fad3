//! Takes out of a linked module what only serves the text of a panic, which nobody in a browser would see: a module
//! built with `panic = "abort"` formats it, hands it to nobody, and traps.
//!
//! 1. A call that is followed by `unreachable`, of a function that calls no import, however far down, ends in a trap
//!    and tells nobody anything before. It becomes the trap, and what only readied it goes.
//! 2. `Debug` and `Display` in data are entries of the tables of methods that error types of other crates carry along. No
//!    error is handed on as such a trait object here, so nobody calls them through a table: that way they are not reached.
//! 3. Functions and data that are no longer reached from the exports go: texts, the places in the source, tables of
//!    functions for formatting. Which place refers to which symbol is told by the relocations that the linker leaves in
//!    with `--emit-relocs`.

use std::collections::HashSet;
use std::ops::Range;

use wasm_encoder as encoder;
use wasmparser::{Operator, Parser, Payload, RelocationEntry, RelocationType};

use crate::linked::{Module, Result, Symbol};

/// What a trimmed function's body is: no locals, `unreachable`, `end`.
const TRAP: [u8; 3] = [0, 0, 0x0B];

/// `bytes` without what only panics need.
///
/// # Errors
/// One line: the module is broken, or not of the kind that the linker makes of Rust with `--emit-relocs`.
pub(crate) fn trim(bytes: &[u8]) -> Result<Vec<u8>> {
    let module = Module::read(bytes)?;
    if module.relocations.is_empty() {
        return Err("has no relocations: link with --emit-relocs".into());
    }
    let holes = module.holes()?;
    let live = module.live(&holes);
    module.write(&holes, &live)
}

impl Module<'_> {
    /// The functions that call an import, however far down, as far as direct calls tell.
    fn speaking(&self) -> Result<HashSet<u32>> {
        let mut callers: Vec<Vec<u32>> = vec![Vec::new(); self.imports as usize + self.bodies.len()];
        for (caller, body) in (self.imports..).zip(&self.bodies) {
            for operator in body.get_operators_reader()? {
                let operator = operator?;
                if is_foreign(&operator) {
                    return Err(format!("directs control by {operator:?}, which cannot be trimmed safely").into());
                }
                if let Operator::Call { function_index } = operator {
                    callers[function_index as usize].push(caller);
                }
            }
        }
        let mut speaking: HashSet<u32> = (0..self.imports).collect();
        let mut found: Vec<u32> = (0..self.imports).collect();
        while let Some(function) = found.pop() {
            found.extend(callers[function as usize].iter().filter(|&&caller| speaking.insert(caller)));
        }
        Ok(speaking)
    }

    /// The stretches of code that only lead to a trap, each up to its `unreachable`, which stays; by offset.
    ///
    /// Such a stretch goes back to the last place that control passes through otherwise. What it leaves on the stack does
    /// not matter: `unreachable` takes any.
    fn holes(&self) -> Result<Vec<Range<usize>>> {
        let (speaking, mut holes) = (self.speaking()?, Vec::new());
        for body in &self.bodies {
            let mut operators = body.get_operators_reader()?;
            let (mut start, mut last) = (operators.original_position(), None);
            while !operators.eof() {
                let (operator, at) = operators.read_with_offset()?;
                match last.take() {
                    Some(_) if matches!(operator, Operator::Unreachable) => holes.push(start..at),
                    Some(behind) => start = behind,
                    None => {}
                }
                match operator {
                    Operator::Call { function_index } if !speaking.contains(&function_index) => {
                        last = Some(operators.original_position());
                    }
                    _ if directs(&operator) => start = operators.original_position(),
                    _ => {}
                }
            }
        }
        Ok(holes)
    }

    /// What is reached from the exports without the code in `holes`: functions, and offsets of data.
    fn live(&self, holes: &[Range<usize>]) -> (HashSet<u32>, Vec<Range<usize>>) {
        let (mut functions, mut data): (HashSet<u32>, HashSet<(usize, usize)>) =
            (self.roots.iter().copied().collect(), HashSet::new());
        let code =
            |function: u32| function.checked_sub(self.imports).map_or(0..0, |at| self.bodies[at as usize].range());
        let code_start = self.bodies.first().map_or(0, |body| body.range().start);
        let code_end = self.bodies.last().map_or(0, |body| body.range().end);
        let mut found: Vec<Range<usize>> = self.roots.iter().map(|&root| code(root)).collect();
        while let Some(range) = found.pop() {
            let in_code = (code_start..code_end).contains(&range.start);
            for (_, entry) in self.relocated(&range, holes) {
                match &self.symbols[entry.index as usize] {
                    Symbol::Function(function) if !in_code && self.formats(*function) => {}
                    &Symbol::Function(function) if functions.insert(function) => found.push(code(function)),
                    Symbol::Data(range) if data.insert((range.start, range.end)) => found.push(range.clone()),
                    _ => {}
                }
            }
        }
        let mut data: Vec<Range<usize>> = data.into_iter().map(|(start, end)| start..end).collect();
        data.sort_by_key(|range| range.start);
        (functions, data)
    }

    /// Whether `function` is that of `Debug` or `Display` of some type, by its name in the older or the newer mangling.
    fn formats(&self, function: u32) -> bool {
        const METHODS: [&str; 4] =
            ["..fmt..Debug$GT$3fmt17h", "..fmt..Display$GT$3fmt17h", "5Debug3fmt", "7Display3fmt"];
        self.names.get(&function).is_some_and(|name| METHODS.iter().any(|method| name.contains(method)))
    }

    /// The relocations in `range` that refer to symbols and lie in none of `holes`.
    fn relocated<'b>(
        &'b self,
        range: &Range<usize>,
        holes: &'b [Range<usize>],
    ) -> impl Iterator<Item = &'b (usize, RelocationEntry)> {
        let at = |offset| self.relocations.partition_point(|(place, _)| *place < offset);
        self.relocations[at(range.start)..at(range.end)].iter().filter(|(offset, entry)| {
            let hole = holes.partition_point(|hole| hole.end <= *offset);
            entry.ty != RelocationType::TypeIndexLeb && holes.get(hole).is_none_or(|hole| hole.start > *offset)
        })
    }

    fn write(&self, holes: &[Range<usize>], (functions, data): &(HashSet<u32>, Vec<Range<usize>>)) -> Result<Vec<u8>> {
        let mut out = encoder::Module::new();
        for payload in Parser::new(0).parse_all(self.bytes) {
            let payload = payload?;
            match &payload {
                Payload::ExportSection(_) => {
                    out.section(&self.used_exports());
                }
                Payload::ElementSection(_) => {
                    out.section(&self.trimmed_table(functions));
                }
                Payload::CodeSectionStart { .. } => {
                    out.section(&self.trimmed_code(holes, functions));
                }
                Payload::CodeSectionEntry(_) => {}
                Payload::DataSection(_) => {
                    out.section(&self.trimmed_data(data));
                }
                Payload::CustomSection(section)
                    if section.name().starts_with(".debug")
                        || section.name().starts_with("reloc.")
                        || section.name() == "linking" => {}
                payload => {
                    if let Some((id, range)) = payload.as_section() {
                        out.section(&encoder::RawSection { id, data: &self.bytes[range] });
                    }
                }
            }
        }
        Ok(out.finish())
    }

    fn used_exports(&self) -> encoder::ExportSection {
        let mut section = encoder::ExportSection::new();
        for export in &self.exports {
            section.export(export.name, export.kind.into(), export.index);
        }
        section
    }

    /// The table, where what is not reached gives way to one function that is not reached either.
    fn trimmed_table(&self, functions: &HashSet<u32>) -> encoder::ElementSection {
        let dead = self.table.iter().find(|function| !functions.contains(function));
        let table: Vec<u32> = self
            .table
            .iter()
            .map(|function| if functions.contains(function) { *function } else { *dead.unwrap_or(function) })
            .collect();
        let mut section = encoder::ElementSection::new();
        section.active(
            None,
            &encoder::ConstExpr::i32_const(self.first_entry),
            encoder::Elements::Functions(table.into()),
        );
        section
    }

    fn trimmed_code(&self, holes: &[Range<usize>], functions: &HashSet<u32>) -> encoder::CodeSection {
        let mut section = encoder::CodeSection::new();
        for (function, body) in (self.imports..).zip(&self.bodies) {
            if !functions.contains(&function) {
                section.raw(&TRAP);
                continue;
            }
            let mut code = Vec::new();
            let mut at = body.range().start;
            let first = holes.partition_point(|hole| hole.start < at);
            for hole in holes[first..].iter().take_while(|hole| hole.start < body.range().end) {
                code.extend_from_slice(&self.bytes[at..hole.start]);
                at = hole.end;
            }
            code.extend_from_slice(&self.bytes[at..body.range().end]);
            section.raw(&code);
        }
        section
    }

    /// Each stretch of data that is reached as a segment of its own.
    fn trimmed_data(&self, data: &[Range<usize>]) -> encoder::DataSection {
        /// What a segment costs beside its bytes.
        const SEGMENT: usize = 8;
        let mut section = encoder::DataSection::new();
        for (address, bytes) in &self.segments {
            let mut live = data.iter().filter(|range| bytes.contains(&range.start)).cloned().peekable();
            while let Some(mut range) = live.next() {
                while let Some(next) = live.next_if(|next| next.start <= range.end + SEGMENT) {
                    range.end = range.end.max(next.end);
                }
                let place = address + (range.start - bytes.start) as i32;
                section.active(0, &encoder::ConstExpr::i32_const(place), self.bytes[range].iter().copied());
            }
        }
        section
    }
}

/// Whether `operator` passes control on, or takes it from elsewhere.
fn directs(operator: &Operator<'_>) -> bool {
    use Operator as O;
    matches!(
        operator,
        O::Block { .. }
            | O::Loop { .. }
            | O::If { .. }
            | O::Else
            | O::End
            | O::Br { .. }
            | O::BrIf { .. }
            | O::BrTable { .. }
            | O::Return
            | O::Call { .. }
            | O::CallIndirect { .. }
            | O::Unreachable
    )
}

/// Whether `operator` directs control in a way that is not looked for here: tail calls, exceptions, typed references.
/// Rust makes none of them for this target today.
fn is_foreign(operator: &Operator<'_>) -> bool {
    use Operator as O;
    matches!(
        operator,
        O::ReturnCall { .. }
            | O::ReturnCallIndirect { .. }
            | O::ReturnCallRef { .. }
            | O::CallRef { .. }
            | O::Throw { .. }
            | O::ThrowRef
            | O::TryTable { .. }
            | O::Try { .. }
            | O::Catch { .. }
            | O::CatchAll
            | O::Delegate { .. }
            | O::Rethrow { .. }
            | O::BrOnNull { .. }
            | O::BrOnNonNull { .. }
            | O::BrOnCast { .. }
            | O::BrOnCastFail { .. }
    )
}
