package statemachines

// This file ties each machine to the contract that its constructs, handlers and
// tables keep: whatever name crosses a boundary is compared exactly, so that
// none can be renamed, added or left out on one side only.

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// agreement is what a machine and its contract have agreed on.
type agreement struct {
	// placeholders are those that the construct fills.
	placeholders []string

	// attributes are the names of a table's attributes that a task mentions:
	// "Store transaction: TransactionsTable Item", Key, or Expressions.
	attributes map[string][]string

	// objects are the members of what a state assigns: "Tally outcomes: request".
	objects map[string][]string

	// members are those that expressions read of a variable, of states.input and
	// of states.result.Payload; paths read those of "$".
	members map[string][]string

	// words are constants: in capitals (STORED), of one word in the quotes of an
	// expression ('totals'), and the names of errors that are no service's.
	words []string
}

// agreements has one entry for each embedded file.
var agreements = map[string]agreement{
	"workflowapi/start.asl.json": workflowapiStart,
	"b2b/transaction.asl.json":   b2bTransaction,
	"b2b/settlement.asl.json":    b2bSettlement,

	"invoices/invoice.asl.json":        invoices,
	"approval/question.asl.json":       question,
	"ordering/ordering.asl.json":       ordering,
	"accounts/application.asl.json":    accounts,
	"onboarding/onboarding.asl.json":   onboarding,
	"webhooks/webhook.asl.json":        webhooks,
	"instances/express.asl.json":       instances,
	"instances/standard.asl.json":      instances,
	"training/training.asl.json":       trainingRun,
	"training/endpoint.asl.json":       trainingEndpoint,
	"policyguard/policyguard.asl.json": policyguard,
}

func TestEveryMachineKeepsItsContract(t *testing.T) {
	if got, want := slices.Sorted(maps.Keys(agreements)), definitions(t); !slices.Equal(got, want) {
		t.Fatalf("agreements for %q, files are %q", got, want)
	}
	for name, want := range agreements {
		t.Run(name, func(t *testing.T) {
			got := mentioned(t, Definition(name))
			sorted(&want)
			for _, part := range []struct {
				what      string
				got, want any
			}{
				{"placeholders", got.placeholders, want.placeholders},
				{"attributes", got.attributes, want.attributes},
				{"objects", got.objects, want.objects},
				{"members", got.members, want.members},
				{"words", got.words, want.words},
			} {
				if fmt.Sprint(part.got) != fmt.Sprint(part.want) { // sorted, and an empty map is like none
					t.Errorf("%s: the definition has\n%s\nthe contract\n%s", part.what, lines(part.got), lines(part.want))
				}
			}
		})
	}
}

func sorted(a *agreement) {
	for _, lists := range []map[string][]string{a.attributes, a.objects, a.members} {
		for name, list := range lists {
			lists[name] = unique(list)
		}
	}
	a.placeholders, a.words = unique(a.placeholders), unique(a.words)
}

func unique(list []string) []string {
	return slices.Compact(slices.Sorted(slices.Values(list)))
}

func lines(value any) string {
	text, _ := json.MarshalIndent(value, "", "  ")
	return string(text)
}

// mentioned reads from a definition all that an agreement is about.
func mentioned(t *testing.T, text string) agreement {
	t.Helper()
	var root map[string]any
	if err := json.Unmarshal([]byte(text), &root); err != nil {
		t.Fatal(err)
	}
	a := agreement{attributes: map[string][]string{}, objects: map[string][]string{}, members: map[string][]string{}}
	for _, match := range placeholder.FindAllStringSubmatch(text, -1) {
		a.placeholders = append(a.placeholders, match[1])
	}
	a.machine(root)
	sorted(&a)
	return a
}

var (
	placeholder = regexp.MustCompile(`\$\{(\w+)\}`)
	path        = regexp.MustCompile(`^\$\.(\w+)`)
	member      = regexp.MustCompile(`\$(states\.input|states\.result\.Payload|\w+)\.(\w+)`)
	quoted      = regexp.MustCompile(`'(\w+)'(\s*:)?`) // with a colon it is a member of an object
	constant    = regexp.MustCompile(`^[A-Z][A-Z_]+$`)
	identifier  = regexp.MustCompile(`[#:]?[A-Za-z_]\w*`)
)

// syntax are the words of DynamoDB's expressions that are no attributes.
var syntax = []string{"SET", "REMOVE", "ADD", "DELETE", "AND", "OR", "NOT", "IN", "BETWEEN",
	"attribute_exists", "attribute_not_exists", "attribute_type", "begins_with", "contains", "size", "if_not_exists", "list_append"}

func (a *agreement) machine(m map[string]any) {
	states, _ := m["States"].(map[string]any)
	for name, value := range states {
		a.state(name, value.(map[string]any))
	}
}

func (a *agreement) state(name string, s map[string]any) {
	for key, value := range s {
		switch key {
		case "Branches":
			for _, branch := range value.([]any) {
				a.machine(branch.(map[string]any))
			}
		case "ItemProcessor", "Iterator":
			a.machine(value.(map[string]any))
		case "Comment", "Retry":
		default:
			a.visit(name, key, value)
		}
	}
}

// visit walks through what a state says; key is the member that holds value.
func (a *agreement) visit(state, key string, value any) {
	switch v := value.(type) {
	case string:
		if constant.MatchString(v) || key == "ErrorEquals" && !strings.Contains(v, ".") {
			a.words = append(a.words, v)
		}
		a.expression(key, v)
	case []any:
		for _, each := range v {
			a.visit(state, key, each)
		}
	case map[string]any:
		if table, ok := v["TableName"].(string); ok {
			a.table(state, placeholder.ReplaceAllString(table, "$1"), v)
		}
		for name, each := range v {
			if members, ok := each.(map[string]any); ok && key == "Assign" {
				place := state + ": " + name
				a.objects[place] = append(a.objects[place], slices.Collect(maps.Keys(members))...)
			}
			if name != "Comment" {
				a.visit(state, name, each)
			}
		}
	}
}

// expression finds the members and words of a JSONata expression, and the member
// that a path begins with. The names in an item are attributes of its table.
func (a *agreement) expression(key, text string) {
	if match := path.FindStringSubmatch(text); match != nil {
		a.members["$"] = append(a.members["$"], match[1])
	}
	if !strings.HasPrefix(text, "{%") {
		return
	}
	for _, match := range member.FindAllStringSubmatch(text, -1) {
		if match[1] == "states" {
			continue // Step Functions' own
		}
		a.members[match[1]] = append(a.members[match[1]], match[2])
	}
	for _, match := range quoted.FindAllStringSubmatch(text, -1) {
		if key != "Item" || match[2] == "" {
			a.words = append(a.words, match[1])
		}
	}
}

// valueTypes are what DynamoDB's JSON wraps values in.
var valueTypes = []string{"S", "N", "B", "BOOL", "NULL", "M", "L", "SS", "NS", "BS"}

// table finds the attributes in a call to DynamoDB. An item that an expression
// makes, so as to leave some of them out, has those that the expression names,
// at whatever depth.
func (a *agreement) table(state, table string, call map[string]any) {
	for _, part := range []string{"Item", "Key"} {
		place := fmt.Sprintf("%s: %s %s", state, table, part)
		switch attributes := call[part].(type) {
		case map[string]any:
			a.attributes[place] = append(a.attributes[place], slices.Collect(maps.Keys(attributes))...)
		case string:
			for _, match := range quoted.FindAllStringSubmatch(attributes, -1) {
				if match[2] != "" && !slices.Contains(valueTypes, match[1]) {
					a.attributes[place] = append(a.attributes[place], match[1])
				}
			}
		}
	}
	names, _ := call["ExpressionAttributeNames"].(map[string]any)
	for part, value := range call {
		text, ok := value.(string)
		if !ok || !strings.HasSuffix(part, "Expression") {
			continue
		}
		place := fmt.Sprintf("%s: %s Expressions", state, table)
		for _, name := range identifier.FindAllString(text, -1) {
			switch {
			case slices.Contains(syntax, name) || name[0] == ':':
				continue
			case name[0] == '#':
				resolved, ok := names[name].(string)
				if !ok {
					resolved = name + " (undefined)"
				}
				name = resolved
			}
			a.attributes[place] = append(a.attributes[place], name)
		}
	}
}

// fields are the JSON members of a contract's struct, embedded ones' too.
func fields(value any) []string {
	var names []string
	kind := reflect.TypeOf(value)
	for i := range kind.NumField() {
		field := kind.Field(i)
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if field.Anonymous && name == "" {
			names = append(names, fields(reflect.Zero(field.Type).Interface())...)
		} else if name != "" && name != "-" {
			names = append(names, name)
		}
	}
	return names
}
