package dynamodb

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

func parseItem(t *testing.T, text string) item {
	t.Helper()
	var i item
	if err := json.Unmarshal([]byte(text), &i); err != nil {
		t.Fatalf("item %s: %v", text, err)
	}
	return i
}

func scopeOf(t *testing.T, names map[string]string, values string) *placeholders {
	t.Helper()
	var vs map[string]value
	if values != "" {
		vs = parseItem(t, values)
	}
	p, err := newPlaceholders(names, vs)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

const sample = `{
	"id": {"S": "x1"}, "n": {"N": "5"}, "neg": {"N": "-0.5"}, "s": {"S": "hello"}, "b": {"B": "AQID"},
	"t": {"BOOL": true}, "nul": {"NULL": true}, "tags": {"SS": ["red", "blue"]}, "nums": {"NS": ["1", "2.50"]},
	"elems": {"L": [{"S": "a"}, {"N": "2"}, {"M": {"deep": {"S": "here"}}}]},
	"m": {"M": {"a": {"M": {"b": {"N": "7"}}}, "dotted.name": {"S": "d"}}}, "same": {"N": "5.0"}, "uni": {"S": "é😀"}}`

func TestConditions(t *testing.T) {
	stored := parseItem(t, sample)
	names := map[string]string{"#d": "dotted.name", "#s": "s"}
	for _, test := range []struct {
		expression, values string
		want               bool
	}{
		{"n = :v", `{":v": {"N": "5.00"}}`, true},
		{"n = :v", `{":v": {"S": "5"}}`, false},
		{"n <> :v", `{":v": {"S": "5"}}`, true},
		{"gone <> :v", `{":v": {"S": "5"}}`, true},
		{"gone = :v", `{":v": {"S": "5"}}`, false},
		{"gone < :v", `{":v": {"S": "5"}}`, false},
		{"NOT gone = :v", `{":v": {"S": "5"}}`, true},
		{"n = same", ``, true},
		{"n < :v", `{":v": {"N": "10"}}`, true},
		{"n >= :v", `{":v": {"N": "5"}}`, true},
		{"neg > :v", `{":v": {"N": "-1"}}`, true},
		{"s < :v", `{":v": {"S": "help"}}`, true},
		{"s < :v", `{":v": {"N": "9"}}`, false},
		{"b <= :v", `{":v": {"B": "AQIE"}}`, true},
		{":v = n", `{":v": {"N": "5"}}`, true},
		{"n BETWEEN :a AND :b", `{":a": {"N": "1"}, ":b": {"N": "5"}}`, true},
		{"n BETWEEN :a AND :b AND t = :t", `{":a": {"N": "1"}, ":b": {"N": "4"}, ":t": {"BOOL": true}}`, false},
		{"n IN (:a, :b)", `{":a": {"N": "1"}, ":b": {"N": "5"}}`, true},
		{"n in (:a)", `{":a": {"N": "1"}}`, false},
		{"attribute_exists(m.a.b)", ``, true},
		{"attribute_exists(m.a.c)", ``, false},
		{"attribute_exists(elems[2].deep)", ``, true},
		{"attribute_exists(elems[3])", ``, false},
		{"attribute_not_exists(gone) AND attribute_exists(id)", ``, true},
		{"attribute_type(tags, :v)", `{":v": {"S": "SS"}}`, true},
		{"attribute_type(nul, :v)", `{":v": {"S": "NULL"}}`, true},
		{"begins_with(#s, :v)", `{":v": {"S": "hel"}}`, true},
		{"begins_with(b, :v)", `{":v": {"B": "AQI="}}`, true},
		{"begins_with(b, :v)", `{":v": {"S": "h"}}`, false},
		{"contains(s, :v)", `{":v": {"S": "ell"}}`, true},
		{"contains(tags, :v)", `{":v": {"S": "red"}}`, true},
		{"contains(tags, :v)", `{":v": {"S": "re"}}`, false},
		{"contains(nums, :v)", `{":v": {"N": "2.5"}}`, true},
		{"contains(elems, :v)", `{":v": {"M": {"deep": {"S": "here"}}}}`, true},
		{"size(s) = :v", `{":v": {"N": "5"}}`, true},
		{"size(uni) = :v", `{":v": {"N": "2"}}`, true},
		{"size(b) = :v", `{":v": {"N": "3"}}`, true},
		{"size(elems) >= size(tags)", ``, true},
		{"size(m) = :v", `{":v": {"N": "2"}}`, true},
		{"size(n) = :v", `{":v": {"N": "1"}}`, false},
		{"m.#d = :v", `{":v": {"S": "d"}}`, true},
		{"tags = :v", `{":v": {"SS": ["blue", "red"]}}`, true},
		{"t = :v OR n = :v AND n = :v", `{":v": {"BOOL": true}}`, true},
		{"(t = :v OR n = :v) AND n = :v", `{":v": {"BOOL": true}}`, false},
		{"NOT n = :v AND t = :t", `{":v": {"N": "4"}, ":t": {"BOOL": true}}`, true},
		{"NOT (n = :v OR t = :t)", `{":v": {"N": "4"}, ":t": {"BOOL": true}}`, false},
		{"not not attribute_exists(id)", ``, true},
	} {
		c, _, err := parseCondition("ConditionExpression", test.expression, scopeOf(t, names, test.values))
		if err != nil {
			t.Errorf("%s: %v", test.expression, err)
		} else if got := c.holds(stored); got != test.want {
			t.Errorf("%s with %s: %t", test.expression, test.values, got)
		}
	}
}

// sums are as many further assignments with an operator each.
func sums(count int) string {
	var b strings.Builder
	for i := range count {
		fmt.Fprintf(&b, ",a%d=a+:n", i)
	}
	return b.String()
}

func TestAnExpressionHasThreeHundredOperators(t *testing.T) {
	p := scopeOf(t, nil, `{":n": {"N": "1"}}`)
	if _, _, err := parseCondition("ConditionExpression", "a < b"+strings.Repeat(" OR (a < b)", 149), p); err != nil {
		t.Error(err)
	}
	if _, err := parseUpdate("SET z = a + :n"+sums(299), p); err != nil {
		t.Error(err)
	}
}

func TestFaultyExpressionsAreRefusedInTheWordsOfAWS(t *testing.T) {
	values := `{":s": {"S": "x"}, ":n": {"N": "1"}, ":m": {"N": "2"}, ":l": {"L": []}, ":b": {"BOOL": true}}`
	for _, test := range []struct{ language, expression, want string }{
		{"condition", "", "Invalid ConditionExpression: The expression can not be empty;"},
		{"condition", "a = ", `Invalid ConditionExpression: Syntax error; token: "<EOF>", near: "="`},
		{"condition", "a = = :s", `Invalid ConditionExpression: Syntax error; token: "=", near: "= = :s"`},
		{"condition", "a == :s", `Syntax error; token: "=", near: "= = :s"`},
		{"condition", "a = :s b", `Syntax error; token: "b", near: ":s b"`},
		{"condition", "a ? :s", `Syntax error; token: "?", near: "a ? :s"`},
		{"condition", "name = :s", "Attribute name is a reserved keyword; reserved keyword: name"},
		{"condition", "a.Status = :s", "Attribute name is a reserved keyword; reserved keyword: Status"},
		{"condition", "#x = :s", "An expression attribute name used in the document path is not defined; attribute name: #x"},
		{"condition", "a = :x", "An expression attribute value used in expression is not defined; attribute value: :x"},
		{"condition", "foo(a)", "Invalid function name; function: foo"},
		{"condition", "size(a)", `Syntax error; token: "<EOF>"`},
		{"condition", "list_append(a, :l)", "The function is not allowed in a condition expression; function: list_append"},
		{"condition", "attribute_exists(a, b)", "Incorrect number of operands for operator or function; operator or function: attribute_exists, number of operands: 2"},
		{"condition", "attribute_exists(:s)", "Operator or function requires a document path; operator or function: attribute_exists"},
		{"condition", "begins_with(a, :n)", "Incorrect operand type for operator or function; operator or function: begins_with, operand type: N"},
		{"condition", "a < :b", "Incorrect operand type for operator or function; operator or function: <, operand type: BOOL"},
		{"condition", "attribute_type(a, :s)", "Invalid attribute type name found; type: x"},
		{"condition", "a BETWEEN :m AND :n", "The BETWEEN operator requires upper bound to be greater than or equal to lower bound; lower bound operand: AttributeValue: {N:2}, upper bound operand: AttributeValue: {N:1}"},
		{"condition", "a BETWEEN :s AND :n", "The BETWEEN operator requires same data type for lower and upper bounds"},
		{"condition", "a = a", "The first operand must be distinct from the remaining operands for this operator or function; operator: =, first operand: [a]"},
		{"condition", "((a = :s))", "The expression has redundant parentheses;"},
		{"condition", "a = :s AND", `token: "<EOF>", near: "AND"`},
		{"condition", "a[x] = :s", `Syntax error; token: "x"`},
		{"condition", "_a = :s", `Syntax error; token: "_"`},
		{"condition", "a[2147483648] = :s", "List index is not within the allowable range; index: [2147483648]"},
		{"condition", "size(size(a)) = :n", "Incorrect operand type for operator or function; operator or function: size, operand type: N"},
		{"condition", "a < f(b)", "Invalid function name; function: f"},
		{"condition", "a < contains(b, :s)", "The function is not allowed to be used this way in an expression; function: contains"},
		{"condition", strings.Repeat("NOT ", 301) + "attribute_exists(a)", "The expression contains too many operators; operator count: 301"},
		{"condition", "a < b" + strings.Repeat(" OR a < b", 150), "The expression contains too many operators; operator count: 301"},
		{"condition", "a = :s" + strings.Repeat(" AND a IN (:s)", 150), "The expression contains too many operators; operator count: 301"},
		{"condition", "a" + strings.Repeat(".b", 32) + " = :s", "The document path has too many nesting levels; nesting levels: 33"},
		{"update", "SET a = :s SET b = :s", `The "SET" section can only be used once in an update expression;`},
		{"update", "SET a = :s, a = :n", "Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [a], path two: [a]"},
		{"update", "SET a = :s REMOVE a.b", "Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [a], path two: [a, b]"},
		{"update", "SET a.b = :s, a[1] = :s", "Two document paths conflict with each other"},
		{"update", "SET a = b + :s", "Incorrect operand type for operator or function; operator or function: +, operand type: S"},
		{"update", "SET a = list_append(b, :s)", "Incorrect operand type for operator or function; operator or function: list_append, operand type: S"},
		{"update", "SET a = if_not_exists(:s, :s)", "Operator or function requires a document path; operator or function: if_not_exists"},
		{"update", "SET a = list_append(list_append(b, :l), :l)", "The function is not allowed to be used this way in an expression; function: list_append"},
		{"update", "SET z = a + :n" + sums(300), "The expression contains too many operators; operator count: 301"},
		{"update", "SET a.b = :s, b = :s, a[1] = :s, b = :s", "Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [b], path two: [b]"},
		{"update", "SET a = size(b)", "The function is not allowed in an update expression; function: size"},
		{"update", "SET a", `Syntax error; token: "<EOF>", near: "a"`},
		{"update", "SET a = :s,", `Syntax error; token: "<EOF>", near: ","`},
		{"update", "PUT a = :s", `Syntax error; token: "PUT", near: "PUT a"`},
		{"update", "ADD a :s", "Incorrect operand type for operator or function; operator: ADD, operand type: STRING"},
		{"update", "DELETE a :n", "Incorrect operand type for operator or function; operator: DELETE, operand type: NUMBER"},
		{"update", "ADD a b", `Syntax error; token: "b"`},
		{"projection", "a, a.b", "Two document paths overlap with each other"},
		{"projection", "a,", `Syntax error; token: "<EOF>", near: ","`},
		{"projection", "a b", `Syntax error; token: "b", near: "a b"`},
	} {
		p := scopeOf(t, nil, values)
		var err error
		switch test.language {
		case "condition":
			_, _, err = parseCondition("ConditionExpression", test.expression, p)
		case "update":
			_, err = parseUpdate(test.expression, p)
		case "projection":
			_, err = parseProjection(test.expression, p)
		}
		if err == nil || cloud.AsError(err).Code != "ValidationException" || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v\n want %s", test.expression, err, test.want)
		}
	}
}

func TestUpdates(t *testing.T) {
	const before = `{"n": {"N": "5"}, "s": {"S": "x"}, "l": {"L": [{"S": "a"}, {"S": "b"}, {"S": "c"}]}, "m": {"M": {"k": {"N": "1"}}}, "ss": {"SS": ["a", "b"]}}`
	for _, test := range []struct{ expression, values, path, want string }{
		{"SET n = n + :v", `{":v": {"N": "0.5"}}`, "n", `{"N":"5.5"}`},
		{"SET n = :v - n", `{":v": {"N": "0.5"}}`, "n", `{"N":"-4.5"}`},
		{"SET n = :v, p = n", `{":v": {"N": "1"}}`, "p", `{"N":"5"}`},
		{"SET p = if_not_exists(p, :z) + :v", `{":z": {"N": "0"}, ":v": {"N": "1"}}`, "p", `{"N":"1"}`},
		{"SET n = if_not_exists(n, :v)", `{":v": {"N": "1"}}`, "n", `{"N":"5"}`},
		{"SET l = list_append(l, :v)", `{":v": {"L": [{"S": "d"}]}}`, "l", `{"L":[{"S":"a"},{"S":"b"},{"S":"c"},{"S":"d"}]}`},
		{"SET p = list_append(if_not_exists(p, :e), :v)", `{":e": {"L": []}, ":v": {"L": [{"S": "d"}]}}`, "p", `{"L":[{"S":"d"}]}`},
		{"SET l[1] = :v", `{":v": {"N": "1"}}`, "l", `{"L":[{"S":"a"},{"N":"1"},{"S":"c"}]}`},
		{"SET l[9] = :v, l[7] = :w", `{":v": {"N": "9"}, ":w": {"N": "7"}}`, "l", `{"L":[{"S":"a"},{"S":"b"},{"S":"c"},{"N":"7"},{"N":"9"}]}`},
		{"SET m.k = :v, m.j = :v", `{":v": {"N": "2"}}`, "m", `{"M":{"j":{"N":"2"},"k":{"N":"2"}}}`},
		{"REMOVE l[0], l[1]", ``, "l", `{"L":[{"S":"c"}]}`},
		{"REMOVE m.k", ``, "m", `{"M":{}}`},
		{"REMOVE s, gone", ``, "s", ``},
		{"REMOVE l[8]", ``, "l", `{"L":[{"S":"a"},{"S":"b"},{"S":"c"}]}`},
		{"ADD n :v", `{":v": {"N": "-7"}}`, "n", `{"N":"-2"}`},
		{"ADD p :v", `{":v": {"N": "3"}}`, "p", `{"N":"3"}`},
		{"ADD ss :v", `{":v": {"SS": ["c", "a"]}}`, "ss", `{"SS":["a","b","c"]}`},
		{"ADD m.k :v", `{":v": {"N": "3"}}`, "m.k", `{"N":"4"}`},
		{"DELETE ss :v", `{":v": {"SS": ["a", "z"]}}`, "ss", `{"SS":["b"]}`},
		{"DELETE ss :v", `{":v": {"SS": ["a", "b"]}}`, "ss", ``},
		{"DELETE gone :v", `{":v": {"SS": ["a"]}}`, "gone", ``},
		{"set n = :v remove s add c :v", `{":v": {"N": "1"}}`, "c", `{"N":"1"}`},
	} {
		u, err := parseUpdate(test.expression, scopeOf(t, nil, test.values))
		if err != nil {
			t.Errorf("%s: %v", test.expression, err)
			continue
		}
		old := parseItem(t, before)
		changed, err := u.apply(old)
		if err != nil {
			t.Errorf("%s: %v", test.expression, err)
			continue
		}
		var where path
		for _, name := range strings.Split(test.path, ".") {
			where = append(where, step{name: name})
		}
		got := ""
		if v, ok := where.value(changed); ok {
			text, _ := json.Marshal(v)
			got = string(text)
		}
		if got != test.want {
			t.Errorf("%s: %s is %s, want %s", test.expression, test.path, got, test.want)
		}
		if !old.equal(parseItem(t, before)) {
			t.Fatalf("%s changed the old item", test.expression)
		}
	}
}

func TestUpdatesThatDoNotFitTheItemAreRefused(t *testing.T) {
	stored := parseItem(t, sample)
	for _, test := range []struct{ expression, values, want string }{
		{"SET x = gone", ``, "refers to an attribute that does not exist in the item"},
		{"SET x = gone + :v", `{":v": {"N": "1"}}`, "refers to an attribute that does not exist in the item"},
		{"SET x = s + :v", `{":v": {"N": "1"}}`, "An operand in the update expression has an incorrect data type"},
		{"SET x = list_append(s, :v)", `{":v": {"L": []}}`, "An operand in the update expression has an incorrect data type"},
		{"SET gone.a = :v", `{":v": {"N": "1"}}`, "The document path provided in the update expression is invalid for update"},
		{"SET s.a = :v", `{":v": {"N": "1"}}`, "The document path provided in the update expression is invalid for update"},
		{"SET m[0] = :v", `{":v": {"N": "1"}}`, "The document path provided in the update expression is invalid for update"},
		{"REMOVE gone.a", ``, "The document path provided in the update expression is invalid for update"},
		{"ADD s :v", `{":v": {"N": "1"}}`, "An operand in the update expression has an incorrect data type"},
		{"DELETE tags :v", `{":v": {"NS": ["1"]}}`, "An operand in the update expression has an incorrect data type"},
		{"SET n = n + :v", `{":v": {"N": "1E-60"}}`, "larger than supported range"},
	} {
		u, err := parseUpdate(test.expression, scopeOf(t, nil, test.values))
		if err != nil {
			t.Errorf("%s: %v", test.expression, err)
			continue
		}
		if _, err := u.apply(stored); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %s", test.expression, err, test.want)
		}
	}
}

func TestProjections(t *testing.T) {
	stored := parseItem(t, sample)
	for _, test := range []struct{ expression, want string }{
		{"n, s", `{"n":{"N":"5"},"s":{"S":"hello"}}`},
		{"gone", `{}`},
		{"m.a.b", `{"m":{"M":{"a":{"M":{"b":{"N":"7"}}}}}}`},
		{"m.a.gone", `{}`},
		{"elems[2].deep, elems[0]", `{"elems":{"L":[{"S":"a"},{"M":{"deep":{"S":"here"}}}]}}`},
		{"m.#d", `{"m":{"M":{"dotted.name":{"S":"d"}}}}`},
	} {
		p, err := parseProjection(test.expression, scopeOf(t, map[string]string{"#d": "dotted.name"}, ""))
		if err != nil {
			t.Errorf("%s: %v", test.expression, err)
			continue
		}
		if got, _ := json.Marshal(p.of(stored)); string(got) != test.want {
			t.Errorf("%s: %s, want %s", test.expression, got, test.want)
		}
	}
}

func TestValuesAreCheckedWhenTheyAreRead(t *testing.T) {
	deep := strings.Repeat(`{"L": [`, 40) + `{"S": "x"}` + strings.Repeat(`]}`, 40)
	for _, test := range []struct{ name, text, want string }{
		{"no type", `{}`, "Supplied AttributeValue is empty"},
		{"two types", `{"S": "a", "N": "1"}`, "more than one datatypes set"},
		{"empty set", `{"SS": []}`, "An string set  may not be empty"},
		{"empty set of numbers", `{"NS": []}`, "An number set  may not be empty"},
		{"empty set of bytes", `{"BS": []}`, "Binary sets should not be empty"},
		{"same bytes twice", `{"BS": ["Yg==", "Yg=="]}`, "Input collection [Yg==, Yg==]of type BS contains duplicates."},
		{"no number", `{"N": ""}`, "The parameter cannot be converted to a numeric value"},
		{"a huge number", `{"N": "1.0e100000000"}`, "Number overflow"},
		{"a tiny number", `{"N": "1.0e-100000000"}`, "Number underflow"},
		{"same twice", `{"SS": ["a", "a"]}`, "Input collection [a, a] contains duplicates."},
		{"same number twice", `{"NS": ["1", "1.0"]}`, "contains duplicates"},
		{"false NULL", `{"NULL": false}`, "Null attribute value types must have the value of true"},
		{"bad number", `{"N": "x"}`, "cannot be converted to a numeric value: x"},
		{"number in JSON", `{"N": 1}`, "SerializationException: NUMBER_VALUE cannot be converted to String"},
		{"lower case", `{"s": "a"}`, "Supplied AttributeValue is empty"},
		{"not in base64", `{"B": "?"}`, "SerializationException"},
		{"a list's element", `{"L": [{"M": {"x": {"N": "y"}}}]}`, "cannot be converted to a numeric value: y"},
		{"too deep", deep, "Nesting Levels have exceeded supported limits"},
	} {
		var v value
		if err := json.Unmarshal([]byte(test.text), &v); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %s", test.name, err, test.want)
		}
	}
}

func FuzzNoExpressionBreaksTheParser(f *testing.F) {
	for _, seed := range []string{
		"a.b[1] = :v AND NOT (begins_with(#n, :v) OR size(c) > :n)", "SET a = list_append(if_not_exists(a, :v), :v) REMOVE b[0], c ADD d :n DELETE e :v",
		"a, b.c[2]", "attribute_type(a, :v)", "a IN (:v, :n)", "(((", "SET", "a BETWEEN", "é = 😀", "\xff", "set a = (b + :n)", "if_not_exists(", "a..b", "a[99999999999999999999]",
	} {
		f.Add(seed)
	}
	var stored, values item
	if err := json.Unmarshal([]byte(sample), &stored); err != nil {
		f.Fatal(err)
	}
	if err := json.Unmarshal([]byte(`{":v": {"S": "x"}, ":n": {"N": "1"}, ":l": {"L": []}, ":s": {"SS": ["a"]}}`), &values); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, expression string) {
		p, err := newPlaceholders(map[string]string{"#n": "s"}, values)
		if err != nil {
			t.Fatal(err)
		}
		if c, _, err := parseCondition("ConditionExpression", expression, p); err == nil {
			c.holds(stored)
			if tests, err := keyTests(c); err == nil {
				_, _, _ = bounds(schema{[]keyAttribute{{"id", kindString}}, []keyAttribute{{"n", kindNumber}}}, tests)
			}
		}
		if u, err := parseUpdate(expression, p); err == nil {
			_, _ = u.apply(stored)
		}
		if projected, err := parseProjection(expression, p); err == nil {
			projected.of(stored)
		}
	})
}
