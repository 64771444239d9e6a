package expense

// This file finds tables by their headings, and reads their rows.

import (
	"math"
	"slices"
	"strings"
	"unicode"
)

// foundTable is a table on the sheet.
type foundTable struct{ table Table }

// column is a column of a table under its heading.
type column struct {
	field   Type
	heading []word
	place   place // of the heading; it grows with what stands below
}

// findTables finds the tables, and marks their lines as used.
func (s *sheet) findTables() []foundTable {
	var tables []foundTable
	for i := 0; i < len(s.rows); i++ {
		columns := s.heading(s.rows[i])
		if columns == nil {
			continue
		}
		table, next := s.readTable(columns, i+1)
		if len(table.Rows) == 0 {
			continue
		}
		use(s.rows[i])
		tables = append(tables, foundTable{table})
		i = next - 1
	}
	return tables
}

func use(row []*line) {
	for _, l := range row {
		l.used = true
	}
}

// heading returns the columns of a row that is a heading: at least two of its
// columns are known, one of them is of numbers, and hardly a word is left.
func (s *sheet) heading(row []*line) []column {
	var columns []column
	words, known := 0, 0
	for _, l := range row {
		words += len(l.words)
		if isAmount(l.text) || isDate(l.text) || strings.HasSuffix(l.text, ":") {
			return nil
		}
		for i := 0; i < len(l.words); {
			field, next, ok := longest(headings, l.tokens(i))
			if ok {
				known += next - i
			} else {
				field, next = Other, i+1
				for next < len(l.words) && !startsHeading(l, next) {
					next++
				}
			}
			columns = append(columns, column{field, l.words[i:next], placeOf(l.words[i:next])})
			i = next
		}
	}
	if known*3 < words*2 || !settleColumns(columns) {
		return nil
	}
	return columns
}

func startsHeading(l *line, word int) bool {
	_, _, ok := longest(headings, l.tokens(word))
	return ok
}

// settleColumns decides between columns with headings for the same, and tells
// whether these are the columns of a bill.
func settleColumns(columns []column) bool {
	index := func(t Type) []int {
		var all []int
		for i, c := range columns {
			if c.field == t {
				all = append(all, i)
			}
		}
		return all
	}
	// "Item | Description": the first is a number or a code.
	if items := index(Item); len(items) > 1 {
		for _, i := range items {
			if strings.Join(fold(textOf(columns[i].heading)), " ") == "item" {
				columns[i].field = ProductCode
				break
			}
		}
	}
	// "Net | Gross", "Amount | Total": the last one is what the line costs.
	for i, price := range index(Price) {
		if i < len(index(Price))-1 {
			columns[price].field = Other
		}
	}
	// "Item | Price": there is no other price.
	if unit := index(UnitPrice); len(index(Price)) == 0 && len(unit) > 0 {
		columns[unit[len(unit)-1]].field = Price
	}
	for _, t := range []Type{Item, UnitPrice, Quantity, ProductCode} {
		if all := index(t); len(all) > 1 {
			for _, i := range all[1:] {
				columns[i].field = Other
			}
		}
	}
	numbers := len(index(Price)) + len(index(UnitPrice)) + len(index(Quantity))
	return numbers > 0 && (len(index(Item))+len(index(ProductCode)) > 0 || numbers > 1) && len(columns) > 1
}

// readTable reads rows until the totals begin, and returns the row behind them.
func (s *sheet) readTable(columns []column, from int) (Table, int) {
	end := from
	last := columns[0].place
	for ; end < len(s.rows); end++ {
		row := s.rows[end]
		if s.isTotals(row, columns) || s.heading(row) != nil || row[0].place.Top-last.Bottom > 5*max(last.Height(), row[0].place.Height()) {
			break
		}
		last = row[0].place
	}
	var table Table
	next := from
	for _, item := range s.items(columns, from, end) {
		r := newRow(item, columns)
		table.Rows = append(table.Rows, r)
		for _, part := range item {
			use(part.row)
			next = max(next, part.row[0].row+1)
		}
	}
	return table, next
}

// part is a row of the sheet within an item.
type part struct {
	row   []*line
	cells [][]word // by column
	item  bool     // it has the item's numbers
}

// items puts rows together that are one item: one with numbers, and those above
// and below it that only go on with its text. Each of these belongs to what it
// stands nearer to, and if there is no difference to what is above.
func (s *sheet) items(columns []column, from, end int) [][]part {
	var parts []part
	for _, row := range s.rows[from:end] {
		cells := assign(row, columns)
		p := part{row, cells, isItem(cells, columns)}
		if p.item || continues(cells, columns) {
			parts = append(parts, p)
		}
	}
	var items [][]part
	var group []part
	numbers := false // whether the group has them
	flush := func() {
		if numbers {
			items = append(items, group)
		}
		group, numbers = nil, false
	}
	for i, p := range parts {
		if i > 0 && (p.item && numbers || p.apart(parts[i-1]) || !p.item && numbers && nearerToNext(parts, i)) {
			flush()
		}
		group, numbers = append(group, p), numbers || p.item
	}
	flush()
	return items
}

func (p part) place() place { return p.row[0].place }

// gap is how far a row is below another one; rows may overlap.
func (p part) gap(above part) float64 { return p.place().Top - above.place().Bottom }

// apart tells whether a row is too far below another one to go on with it.
func (p part) apart(above part) bool {
	return (!p.item || !above.item) && p.gap(above) > 0.9*p.place().Height()
}

// nearerToNext tells whether a row of text stands nearer to the row below it
// than to the one above.
func nearerToNext(parts []part, i int) bool {
	if i+1 == len(parts) {
		return false
	}
	p := parts[i]
	return parts[i+1].gap(p) < p.gap(parts[i-1])-0.15*p.place().Height()
}

// isTotals tells whether a row is the first of the totals: it begins with their
// label, and is not an item that happens to be called so.
func (s *sheet) isTotals(row []*line, columns []column) bool {
	l := row[0]
	for _, at := range l.labels()[:min(1, len(l.labels()))] {
		if at.shape != amount || at.first > 0 || at.base != exact {
			continue
		}
		value, _, inside := at.shape.pick(l.words[at.next:], at.colon)
		whole := at.next+remarks(l.words[at.next:]) >= len(l.words)
		if !whole && !(inside && len(value) > 0) {
			continue
		}
		cells := assign(row, columns)
		if !isItem(cells, columns) {
			return true
		}
		// An item has a quantity or a price for one of it.
		for c, column := range columns {
			if (column.field == Quantity || column.field == UnitPrice) && len(cells[c]) > 0 && !isPercent(textOf(cells[c])) {
				return false
			}
		}
		return true
	}
	return false
}

// assign puts the words of a row into columns. A line is in the column that it
// overlaps most or is nearest to; one that reaches under several headings is
// taken apart.
func assign(row []*line, columns []column) [][]word {
	cells := make([][]word, len(columns))
	for _, l := range row {
		if c, several := columnOf(l.place, columns); !several || len(l.words) == 1 {
			cells[c] = append(cells[c], l.words...)
			continue
		}
		for _, part := range takeApart(l, columns) {
			c, _ := columnOf(placeOf(part), columns)
			cells[c] = append(cells[c], part...)
		}
	}
	return cells
}

// takeApart splits a line that is narrower set than a table should be, where
// text and numbers meet.
func takeApart(l *line, columns []column) [][]word {
	var parts [][]word
	start := 0
	for i := 1; i <= len(l.words); i++ {
		if i < len(l.words) {
			a, _ := columnOf(l.words[i-1].place, columns)
			b, _ := columnOf(l.words[i].place, columns)
			if a == b || columns[a].field == Item && !isAmount(l.words[i].Text) {
				continue
			}
		}
		parts = append(parts, l.words[start:i])
		start = i
	}
	return parts
}

// columnOf returns the column of something, and whether it reaches under the
// headings of several.
func columnOf(p place, columns []column) (best int, several bool) {
	nearest := math.Inf(1)
	over := 0
	for i, c := range columns {
		overlap := min(p.Right, c.place.Right) - max(p.Left, c.place.Left)
		distance := -overlap
		if overlap > 0 {
			over++
		} else {
			// What is written to the left or the right edge of its column
			// may not reach under the heading.
			distance = min(math.Abs(p.Left-c.place.Left), math.Abs(p.Right-c.place.Right), -overlap)
		}
		if distance < nearest {
			best, nearest = i, distance
		}
	}
	return best, over > 1
}

// isItem tells whether a row has what an item has: a number where numbers belong.
func isItem(cells [][]word, columns []column) bool {
	for i, c := range columns {
		if (c.field == Price || c.field == UnitPrice || c.field == Quantity) && len(cells[i]) > 0 {
			if !numeric(cells[i]) {
				return false
			}
		}
	}
	price := slices.IndexFunc(columns, func(c column) bool { return c.field == Price })
	if price >= 0 {
		return len(cells[price]) > 0
	}
	return slices.ContainsFunc(columns, func(c column) bool {
		return c.field != Item && c.field != Other && len(cells[slices.IndexFunc(columns, func(d column) bool { return d.field == c.field })]) > 0
	})
}

// numeric tells whether a cell is an amount or a quantity: "2", "2 pcs", "1.5 h".
func numeric(cell []word) bool {
	text := textOf(cell)
	return isAmount(text) || isAmount(cell[0].Text) && len(cell) <= 2 || len(cell) == 1 && startsWithDigit(text)
}

func startsWithDigit(text string) bool {
	return strings.IndexFunc(text, unicode.IsDigit) == 0 && len(text) <= 8
}

// continues tells whether a row only goes on with the item above it.
func continues(cells [][]word, columns []column) bool {
	some := false
	for i, c := range columns {
		if len(cells[i]) > 0 {
			if c.field != Item && c.field != ProductCode {
				return false
			}
			some = true
		}
	}
	return some
}

// newRow makes a row of an item's parts.
func newRow(item []part, columns []column) Row {
	var r Row
	for i, c := range columns {
		var value *Detection
		confidence := float64(exact)
		if c.field == Other {
			confidence = guess
		}
		for _, p := range item {
			value = value.extended(p.cells[i], confidence)
		}
		if value == nil {
			continue
		}
		label := detect(c.heading, read)
		f := Field{Type: c.field, Confidence: value.Confidence, Label: &label, Value: *value}
		if c.field == Price || c.field == UnitPrice {
			if f.Currency = currencyOf(value.Text); f.Currency == nil {
				f.Currency = currencyWithin(label.Text)
			}
		}
		r.Fields = append(r.Fields, f)
	}
	var whole *Detection
	for _, p := range item {
		var words []word
		for _, l := range p.row {
			words = append(words, l.words...)
		}
		whole = whole.extended(words, exact)
	}
	r.Fields = append(r.Fields, Field{Type: ExpenseRow, Confidence: whole.Confidence, Value: *whole})
	return r
}

// extended returns a detection with a further line of words; nil has none yet.
func (d *Detection) extended(words []word, confidence float64) *Detection {
	if len(words) == 0 {
		return d
	}
	more := detect(words, confidence)
	if d == nil {
		return &more
	}
	d.Text += "\n" + more.Text
	d.Box = d.Box.Union(more.Box)
	d.Confidence = min(d.Confidence, more.Confidence)
	return d
}
