package apigateway

// Files of API keys, in comma-separated values
// (https://docs.aws.amazon.com/apigateway/latest/developerguide/api-key-file-format.html).

import (
	"slices"
	"strconv"
	"strings"
)

// keyRow is what a file says of one key.
type keyRow struct {
	number                   int // from 1, after the heading
	name, value, description string
	enabled                  bool
	plans                    []string // ids of usage plans
	fault                    string   // why the row cannot be read
}

func (r keyRow) place() string { return "row " + strconv.Itoa(r.number) }

// readKeyFile reads the rows. Columns may be in any order, in any case, and
// those that mean nothing are left out of account; name and key have to be there.
func readKeyFile(text string) ([]keyRow, error) {
	records := records(strings.TrimPrefix(text, "\ufeff"))
	if len(records) == 0 {
		return nil, badRequest("The file of API keys is empty")
	}
	column := func(name string) int {
		return slices.IndexFunc(records[0], func(heading string) bool { return strings.EqualFold(strings.TrimSpace(heading), name) })
	}
	name, key, description, enabled, plans := column("name"), column("key"), column("description"), column("enabled"), column("usageplanids")
	if name < 0 || key < 0 {
		return nil, badRequest("The file of API keys must have the columns Name and Key")
	}
	var rows []keyRow
	for i, record := range records[1:] {
		field := func(column int) string {
			if column < 0 || column >= len(record) {
				return ""
			}
			return strings.TrimSpace(record[column])
		}
		row := keyRow{number: i + 1, name: field(name), value: field(key), description: field(description), enabled: true}
		if text := field(enabled); text != "" && boolean(text, &row.enabled) != nil {
			row.fault = "Invalid boolean value '" + text + "' specified"
		}
		for id := range strings.SplitSeq(field(plans), ",") {
			if id = strings.TrimSpace(id); id != "" {
				row.plans = append(row.plans, id)
			}
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// records splits a file into lines and fields. A field may stand in double or
// in single quotes, and then have commas and line breaks in it; encoding/csv
// knows double ones only. Empty lines are no records.
func records(text string) [][]string {
	var all [][]string
	var record []string
	for text != "" {
		field, rest := field(text)
		record = append(record, field)
		if strings.HasPrefix(rest, ",") {
			text = rest[1:]
			if text == "" {
				record = append(record, "")
			}
		} else {
			text = strings.TrimPrefix(strings.TrimPrefix(rest, "\r"), "\n")
		}
		if rest == "" || rest[0] != ',' || text == "" {
			if len(record) > 1 || strings.TrimSpace(record[0]) != "" {
				all = append(all, record)
			}
			record = nil
		}
	}
	return all
}

// field reads one field. What follows it begins with a comma or a line break, or
// is nothing.
func field(text string) (field, rest string) {
	for _, quote := range []string{`"`, `'`} {
		if inside, ok := strings.CutPrefix(text, quote); ok {
			if field, rest, ok := quoted(inside, quote); ok {
				return field, rest
			}
		}
	}
	end := strings.IndexAny(text, ",\r\n")
	if end < 0 {
		return text, ""
	}
	return text[:end], text[end:]
}

// quoted reads to the quote that ends a field; a quote written twice is one of
// the text. A quote that ends nothing is no quote: 't Hooft.
func quoted(text, quote string) (field, rest string, ok bool) {
	var read strings.Builder
	for {
		part, after, found := strings.Cut(text, quote)
		if !found {
			return "", "", false
		}
		read.WriteString(part)
		if doubled, ok := strings.CutPrefix(after, quote); ok {
			read.WriteString(quote)
			text = doubled
			continue
		}
		return read.String(), after, after == "" || strings.ContainsAny(after[:1], ",\r\n")
	}
}
