package textract

// This file tells what a page says in the shapes of the API.

import (
	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/textract/expense"
	"github.com/tradepost-dev/tradepost/local/textract/pdf"
)

// newExpense tells what a page of an expense says.
func newExpense(number int, page expense.Page) expenseDocument {
	e := expenseDocument{
		ExpenseIndex: number, SummaryFields: fieldsOf(page.Fields, number), LineItemGroups: []lineItemGroup{}, Blocks: blocksOf(number, page.Lines),
	}
	for i, table := range page.Tables {
		group := lineItemGroup{LineItemGroupIndex: i + 1}
		for _, row := range table.Rows {
			group.LineItems = append(group.LineItems, lineItemFields{fieldsOf(row.Fields, number)})
		}
		e.LineItemGroups = append(e.LineItemGroups, group)
	}
	return e
}

func fieldsOf(fields []expense.Field, page int) []expenseField {
	told := make([]expenseField, 0, len(fields))
	for _, f := range fields {
		field := expenseField{
			Type: expenseType{string(f.Type), cloud.Double(f.Confidence)}, ValueDetection: detectionOf(f.Value), PageNumber: page,
		}
		if f.Label != nil {
			label := detectionOf(*f.Label)
			field.LabelDetection = &label
		}
		if f.Currency != nil {
			field.Currency = &expenseCurrency{f.Currency.Code, cloud.Double(f.Currency.Confidence)}
		}
		if f.Group != nil {
			field.GroupProperties = []expenseGroupProperty{{Types: []string{f.Group.Type}, Id: f.Group.ID}}
		}
		told = append(told, field)
	}
	return told
}

func detectionOf(d expense.Detection) expenseDetection {
	return expenseDetection{Text: d.Text, Geometry: geometryOf(d.Box, d.Angle), Confidence: cloud.Double(d.Confidence)}
}

// blocksOf returns a page's PAGE, and its LINEs and WORDs.
func blocksOf(number int, lines []expense.Line) []block {
	page := block{BlockType: "PAGE", Geometry: geometryOf(pdf.Box{Right: 1, Bottom: 1}, 0), Id: cloud.UUID(), Page: number}
	blocks := []block{page}
	var words []block
	var ids []string
	for _, l := range lines {
		line := block{
			BlockType: "LINE", Confidence: cloud.Double(l.Confidence), Text: l.Text, Geometry: geometryOf(l.Box, l.Angle), Id: cloud.UUID(), Page: number,
		}
		var children []string
		for _, w := range l.Words {
			word := wordBlock(w, number)
			words, children = append(words, word), append(children, word.Id)
		}
		line.Relationships = childrenOf(children)
		blocks, ids = append(blocks, line), append(ids, line.Id)
	}
	blocks[0].Relationships = childrenOf(ids)
	return append(blocks, words...)
}

func wordBlock(w pdf.Word, page int) block {
	b := block{
		BlockType: "WORD", Confidence: cloud.Double(expense.Confidence(w)), Text: w.Text, TextType: "PRINTED",
		Geometry: geometryOf(w.Box, w.Angle), Id: cloud.UUID(), Page: page,
	}
	angle := cloud.Double(w.Angle)
	b.Geometry.RotationAngle = &angle
	return b
}

func childrenOf(ids []string) []relationship {
	if len(ids) == 0 {
		return nil
	}
	return []relationship{{Type: "CHILD", Ids: ids}}
}

func corner(x, y float64) point { return point{cloud.Double(x), cloud.Double(y)} }

// geometryOf is where a box is: the polygon begins at the writing's own top left
// and goes round clockwise.
func geometryOf(b pdf.Box, angle int) geometry {
	corners := []point{corner(b.Left, b.Top), corner(b.Right, b.Top), corner(b.Right, b.Bottom), corner(b.Left, b.Bottom)}
	first := angle / 90
	return geometry{
		BoundingBox: boundingBox{Width: cloud.Double(b.Width()), Height: cloud.Double(b.Height()), Left: cloud.Double(b.Left), Top: cloud.Double(b.Top)},
		Polygon:     append(corners[first:], corners[:first]...),
	}
}
