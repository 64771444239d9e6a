package simulation

// This file shows what came of Exhaust.

import (
	"fmt"
	"strings"
)

// Matrix is what came of each fault at each call of a scenario.
type Matrix struct {
	Kinds []Kind // the columns
	Rows  []Row
}

// Row is a site. A kind that can hit none of its calls has no cell.
type Row struct {
	Site  Site
	Cells map[Kind]*Cell
}

// Cell is what came of one kind of fault at one site, in how many runs.
type Cell struct {
	Held     int
	Missed   int      // the call did not come to be made
	Violated []string // what the scenario found

	trials []trial
}

func (c *Cell) String() string {
	if c == nil {
		return ""
	}
	var said []string
	for _, part := range []struct {
		what string
		runs int
	}{{"**violated**", len(c.Violated)}, {"held", c.Held}, {"did not occur", c.Missed}} {
		if part.runs > 0 {
			said = append(said, fmt.Sprintf("%s %d", part.what, part.runs))
		}
	}
	return strings.Join(said, ", ")
}

// Runs is how many there were, and how many of them found something.
func (m Matrix) Runs() (all, violated int) {
	for _, row := range m.Rows {
		for _, c := range row.Cells {
			all += c.Held + c.Missed + len(c.Violated)
			violated += len(c.Violated)
		}
	}
	return all, violated
}

// Markdown is the matrix as a table. Where all resources are of one stack, its name
// is left out.
func (m Matrix) Markdown() string {
	var table strings.Builder
	table.WriteString("| who calls | what |")
	for _, kind := range m.Kinds {
		fmt.Fprintf(&table, " %s |", kind)
	}
	table.WriteString("\n| --- | --- |" + strings.Repeat(" --- |", len(m.Kinds)) + "\n")
	var sites []Site
	for _, row := range m.Rows {
		sites = append(sites, row.Site)
	}
	stack := stackOf(sites)
	for _, row := range m.Rows {
		row.Site = row.Site.within(stack)
		fmt.Fprintf(&table, "| %s | %s |", row.Site.Who(), row.Site.What())
		for _, kind := range m.Kinds {
			fmt.Fprintf(&table, " %v |", row.Cells[kind])
		}
		table.WriteByte('\n')
	}
	return table.String()
}
