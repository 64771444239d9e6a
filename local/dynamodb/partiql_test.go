package dynamodb_test

// This file reads and writes tables by PartiQL.

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/wire"
)

// music is a table of songs by artist and number, with an index by genre, and one of
// counters by a number.
func music(t *testing.T) *cloud.Cloud {
	t.Helper()
	c, _ := service(t)
	for _, table := range []string{
		`{"TableName": "music", "BillingMode": "PAY_PER_REQUEST", "KeySchema": [{"AttributeName": "artist", "KeyType": "HASH"}, {"AttributeName": "n", "KeyType": "RANGE"}],
			"AttributeDefinitions": [{"AttributeName": "artist", "AttributeType": "S"}, {"AttributeName": "n", "AttributeType": "N"}, {"AttributeName": "genre", "AttributeType": "S"}],
			"GlobalSecondaryIndexes": [{"IndexName": "byGenre", "KeySchema": [{"AttributeName": "genre", "KeyType": "HASH"}, {"AttributeName": "n", "KeyType": "RANGE"}], "Projection": {"ProjectionType": "ALL"}}]}`,
		`{"TableName": "counters", "BillingMode": "PAY_PER_REQUEST", "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}], "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "N"}]}`,
	} {
		if got := told(c, "CreateTable", table); !strings.HasPrefix(got, "{") {
			t.Fatal(got)
		}
	}
	for _, item := range []string{
		`"artist": {"S": "a"}, "n": {"N": "1"}, "genre": {"S": "jazz"}, "title": {"S": "One"}, "tags": {"SS": ["x", "y"]}, "m": {"M": {"list": {"L": [{"N": "7"}, {"N": "8"}]}}}`,
		`"artist": {"S": "a"}, "n": {"N": "2"}, "genre": {"S": "rock"}, "title": {"S": "Two"}, "none": {"NULL": true}`,
		`"artist": {"S": "a"}, "n": {"N": "3"}, "genre": {"S": "jazz"}`,
		`"artist": {"S": "b"}, "n": {"N": "1"}, "genre": {"S": "jazz"}, "title": {"S": "It's"}`,
	} {
		if got := told(c, "PutItem", `{"TableName": "music", "Item": {`+item+`}}`); got != "{}" {
			t.Fatal(got)
		}
	}
	return c
}

// execute performs a statement with parameters and members in JSON.
func execute(c *cloud.Cloud, statement, parameters, more string) string {
	text, _ := json.Marshal(statement)
	in := `{"Statement": ` + string(text)
	if parameters != "" {
		in += `, "Parameters": [` + parameters + `]`
	}
	return told(c, "ExecuteStatement", in+more+`}`)
}

// songs are the artists and numbers of an answer's items.
func songs(t *testing.T, answer string) string {
	t.Helper()
	var out struct {
		Items []map[string]struct{ S, N string }
	}
	if err := json.Unmarshal([]byte(answer), &out); err != nil {
		return answer
	}
	var all []string
	for _, i := range out.Items {
		all = append(all, i["artist"].S+i["n"].N)
	}
	return strings.Join(all, " ")
}

func TestAStatementSelectsItems(t *testing.T) {
	c := music(t)
	const from = `SELECT * FROM music `
	for _, row := range []struct{ statement, parameters, want string }{
		{from + `WHERE artist = 'a'`, "", "a1 a2 a3"},
		{from + `WHERE artist = 'a' ORDER BY n DESC`, "", "a3 a2 a1"},
		{from + `WHERE artist = 'a' AND n > 1 ORDER BY n ASC`, "", "a2 a3"},
		{from + `WHERE artist = 'a' AND n BETWEEN 2 AND 3`, "", "a2 a3"},
		{from + `WHERE "artist" = ? AND n = ?`, `{"S": "a"}, {"N": "2"}`, "a2"},
		{from + `WHERE artist = 'a' AND n = 2e0`, "", "a2"},
		{from + `WHERE artist = 'a' AND n = 20e-1 -- a note`, "", "a2"},
		{from + `/* all */ WHERE artist = 'a' AND title = 'One'`, "", "a1"},
		{from + `WHERE title = 'It''s'`, "", "b1"},
		{from + `WHERE artist = 'a' AND title IS MISSING`, "", "a3"},
		{from + `WHERE artist = 'a' AND title IS NOT MISSING`, "", "a1 a2"},
		{from + `WHERE artist = 'a' AND none IS NULL`, "", "a2"},
		{from + `WHERE artist = 'a' AND NOT none IS NOT NULL`, "", "a2"},
		{from + `WHERE artist = 'a' AND attribute_exists(none)`, "", "a2"},
		{from + `WHERE artist = 'a' AND begins_with(title, 'O')`, "", "a1"},
		{from + `WHERE artist = 'a' AND contains(tags, 'x')`, "", "a1"},
		{from + `WHERE artist = 'a' AND tags = <<'y', 'x'>>`, "", "a1"},
		{from + `WHERE artist = 'a' AND m = {'list': [7, 8]}`, "", "a1"},
		{from + `WHERE artist = 'a' AND m.list[1] = 8`, "", "a1"},
		{from + `WHERE artist = 'a' AND size(title) = 3 AND title != 'One'`, "", "a2"},
		{from + `WHERE artist = 'a' AND attribute_type(none, 'NULL')`, "", "a2"},
		{from + `WHERE artist = 'a' AND n IN [1, 3]`, "", "a1 a3"},
		{from + `WHERE artist = 'a' AND n IN (1, ?)`, `{"N": "2"}`, "a1 a2"},
		{from + `WHERE artist IN ['b', 'c']`, "", "b1"},
		{from + `WHERE artist = 'b' OR title = 'Two'`, "", "@b1 a2"},
		{from + `WHERE artist = 'a' AND (title = 'One' OR (n = 3))`, "", "a1 a3"},
		{from + `WHERE artist = 'a' AND n = -.1e1`, "", ""},
		{from + `WHERE artist = 'a' AND n = 1 AND n = 2`, "", ""},
		{from + `WHERE artist = 'a' AND artist = 'b'`, "", ""},
		{`SELECT * FROM "music"."byGenre" WHERE genre = 'jazz' AND n < 3`, "", "@a1 b1"},
		{`SELECT * FROM "music"."byGenre" WHERE genre = 'jazz' AND n = 3 ORDER BY n DESC`, "", "a3"},
		{`SELECT artist, n FROM music WHERE artist = 'b'`, "", "b1"},
	} {
		got := songs(t, execute(c, row.statement, row.parameters, ""))
		if want, any := strings.CutPrefix(row.want, "@"); any { // in any order
			if words := strings.Fields(got); len(words) != 2 || !strings.Contains(got, strings.Fields(want)[0]) || !strings.Contains(got, strings.Fields(want)[1]) {
				t.Errorf("%s: %q, want %q", row.statement, got, want)
			}
			continue
		}
		if got != row.want {
			t.Errorf("%s: %q, want %q", row.statement, got, row.want)
		}
	}
	for statement, want := range map[string]string{
		`SELECT m.list[1], title, none.x FROM music WHERE artist = 'a' AND n = 1`: `{"Items":[{"list[1]":{"N":"8"},"title":{"S":"One"}}]}`,
		`SELECT m.list FROM music WHERE artist = 'a' AND n = 1`:                   `{"Items":[{"list":{"L":[{"N":"7"},{"N":"8"}]}}]}`,
		`SELECT * FROM music WHERE artist = 'z'`:                                  `{"Items":[]}`,
	} {
		if got := execute(c, statement, "", ""); got != want {
			t.Errorf("%s: %s", statement, got)
		}
	}
}

// Pages go on where the one before ended, of the same statement only.
func TestAStatementsItemsComeInPages(t *testing.T) {
	c := music(t)
	const statement = `SELECT * FROM music WHERE artist = 'a'`
	first := execute(c, statement, "", `, "Limit": 2, "ReturnConsumedCapacity": "TOTAL"`)
	var out struct {
		NextToken        string
		LastEvaluatedKey json.RawMessage
		ConsumedCapacity struct {
			TableName     string
			CapacityUnits float64
		}
	}
	if err := json.Unmarshal([]byte(first), &out); err != nil || songs(t, first) != "a1 a2" || string(out.LastEvaluatedKey) != `{"artist":{"S":"a"},"n":{"N":"2"}}` || out.ConsumedCapacity.TableName != "music" || out.ConsumedCapacity.CapacityUnits != 0.5 {
		t.Fatalf("%v: %s", err, first)
	}
	if got := execute(c, statement, "", `, "ConsistentRead": true, "ReturnConsumedCapacity": "TOTAL", "NextToken": "`+out.NextToken+`"`); songs(t, got) != "a3" || strings.Contains(got, "NextToken") || !strings.Contains(got, `"CapacityUnits":1.0}`) {
		t.Error(got)
	}
	if got := execute(c, `SELECT * FROM music WHERE artist = ?`, `{"S": "a"}`, `, "Limit": 1`); json.Unmarshal([]byte(got), &out) != nil || out.NextToken == "" {
		t.Fatal(got)
	}
	if got := execute(c, `SELECT * FROM music WHERE artist = ?`, `{"S": "b"}`, `, "NextToken": "`+out.NextToken+`"`); !strings.Contains(got, "NextToken does not match request") {
		t.Errorf("with another parameter: %s", got)
	}
	for more, want := range map[string]string{
		`, "NextToken": "` + out.NextToken + `"`: "NextToken does not match request",
		`, "NextToken": "none"`:                  "NextToken does not match request",
		`, "Limit": 0`:                           "Value '0' at 'limit'",
		`, "ReturnConsumedCapacity": "ALL"`:      "Value 'ALL' at 'returnConsumedCapacity'",
	} {
		if got := execute(c, statement+` AND n > 0`, "", more); !strings.Contains(got, want) {
			t.Errorf("%s: %s", more, got)
		}
	}
}

// Each row writes to the song a1, or beside it, and shows what is there then.
func TestAStatementWritesAnItem(t *testing.T) {
	const one = ` WHERE artist = 'a' AND n = 1`
	for _, row := range []struct{ statement, parameters, answer, select_, want string }{
		{`INSERT INTO music VALUE {'artist': 'c', 'n': 1, 'set': <<1, 2>>, 'l': ['x', true, null, {}], 'm': {'k': .5e1}}`, "", `{"Items":[]}`, `SELECT * FROM music WHERE artist = 'c'`,
			`{"Items":[{"artist":{"S":"c"},"l":{"L":[{"S":"x"},{"BOOL":true},{"NULL":true},{"M":{}}]},"m":{"M":{"k":{"N":"5"}}},"n":{"N":"1"},"set":{"NS":["1","2"]}}]}`},
		{`insert into "music" value {'artist': ?, 'n': ?}`, `{"S": "c"}, {"N": "5"}`, `{"Items":[]}`, `SELECT n FROM music WHERE artist = 'c'`, `{"Items":[{"n":{"N":"5"}}]}`},
		{`INSERT INTO music VALUE {'artist': 'a', 'n': 1}`, "", "DuplicateItemException: Duplicate primary key exists in table", `SELECT title FROM music` + one, `{"Items":[{"title":{"S":"One"}}]}`},
		{`UPDATE music SET title = 'New', m.list[0] = 9 REMOVE tags` + one, "", `{"Items":[]}`, `SELECT title, m.list[0], tags FROM music` + one, `{"Items":[{"list[0]":{"N":"9"},"title":{"S":"New"}}]}`},
		{`UPDATE music SET title = 'New' SET more = ?` + one, `{"L": []}`, `{"Items":[]}`, `SELECT title, more FROM music` + one, `{"Items":[{"more":{"L":[]},"title":{"S":"New"}}]}`},
		{`UPDATE music SET x = m.list[0] + 3, m.list = list_append(m.list, [1])` + one, "", `{"Items":[]}`, `SELECT x, m.list FROM music` + one, `{"Items":[{"list":{"L":[{"N":"7"},{"N":"8"},{"N":"1"}]},"x":{"N":"10"}}]}`},
		{`UPDATE music SET x = m.list[0] - 3` + one, "", `{"Items":[]}`, `SELECT x FROM music` + one, `{"Items":[{"x":{"N":"4"}}]}`},
		{`UPDATE music SET tags = set_add(tags, <<'z'>>)` + one, "", `{"Items":[]}`, `SELECT tags FROM music` + one, `{"Items":[{"tags":{"SS":["x","y","z"]}}]}`},
		{`UPDATE music SET tags = SET_DELETE(tags, <<'x'>>)` + one, "", `{"Items":[]}`, `SELECT tags FROM music` + one, `{"Items":[{"tags":{"SS":["y"]}}]}`},
		{`UPDATE music SET title = 'New'` + one + ` RETURNING MODIFIED OLD *`, "", `{"Items":[{"title":{"S":"One"}}]}`, `SELECT title FROM music` + one, `{"Items":[{"title":{"S":"New"}}]}`},
		{`UPDATE music SET m.list = 1` + one + ` RETURNING MODIFIED NEW *`, "", `{"Items":[{"m":{"M":{"list":{"N":"1"}}}}]}`, "", ""},
		{`UPDATE music REMOVE title` + one + ` RETURNING MODIFIED NEW *`, "", `{"Items":[]}`, "", ""},
		{`UPDATE music SET title = 'New' WHERE artist = 'b' AND n = 1 RETURNING ALL NEW *`, "", `{"Items":[{"artist":{"S":"b"},"genre":{"S":"jazz"},"n":{"N":"1"},"title":{"S":"New"}}]}`, "", ""},
		{`UPDATE music SET title = 'New' WHERE artist = 'b' AND n = 1 RETURNING ALL OLD *`, "", `{"Items":[{"artist":{"S":"b"},"genre":{"S":"jazz"},"n":{"N":"1"},"title":{"S":"It's"}}]}`, "", ""},
		{`UPDATE music SET title = 'New'` + one + ` AND title = 'Two'`, "", "ConditionalCheckFailedException: The conditional request failed", `SELECT title FROM music` + one, `{"Items":[{"title":{"S":"One"}}]}`},
		{`UPDATE music SET title = 'New' WHERE artist = 'z' AND n = 1`, "", "ConditionalCheckFailedException: The conditional request failed", `SELECT title FROM music WHERE artist = 'z'`, `{"Items":[]}`},
		{`DELETE FROM music` + one, "", `{"Items":[]}`, `SELECT * FROM music` + one, `{"Items":[]}`},
		{`DELETE FROM music WHERE artist = 'b' AND n = 1 RETURNING ALL OLD *`, "", `{"Items":[{"artist":{"S":"b"},"genre":{"S":"jazz"},"n":{"N":"1"},"title":{"S":"It's"}}]}`, "", ""},
		{`DELETE FROM music WHERE artist = 'z' AND n = 1 AND title = 'x' RETURNING ALL OLD *`, "", `{"Items":[]}`, "", ""},
		{`DELETE FROM music` + one + ` AND title = 'Two'`, "", "ConditionalCheckFailedException: The conditional request failed", `SELECT title FROM music` + one, `{"Items":[{"title":{"S":"One"}}]}`},
	} {
		c := music(t)
		if got := execute(c, row.statement, row.parameters, ""); got != row.answer {
			t.Errorf("%s: %s", row.statement, got)
		}
		if row.select_ == "" {
			continue
		}
		if got := execute(c, row.select_, "", ""); got != row.want {
			t.Errorf("%s: then %s: %s", row.statement, row.select_, got)
		}
	}
}

func TestAStatementThatIsWrongSaysWhy(t *testing.T) {
	c := music(t)
	const malformed, leftover = "ValidationException: Statement wasn't well formed, can't be processed: ", "ValidationException: Statement wasn't well formed, can't be processed: Unexpected token after expression"
	const where, update = `SELECT * FROM music WHERE artist = 'a' AND `, `UPDATE music SET `
	const one = ` WHERE artist = 'a' AND n = 1`
	for statement, want := range map[string]string{
		`SELECT * FROM counters WHERE id = 1 foo`:                                  leftover,
		`SELECT * FROM counters WHERE id = 1 e5`:                                   leftover,
		`SELECT * FROM counters WHERE id = 1)`:                                     leftover,
		`SELECT * FROM counters ORDER BY id WHERE id = 1`:                          leftover,
		`INSERT INTO counters VALUE {'id': 1} foo`:                                 leftover,
		`INSERT INTO counters t VALUE {'id': 1}`:                                   leftover,
		`UPDATE counters SET a = 9 WHERE id = 1 foo`:                               leftover,
		`DELETE FROM counters WHERE id = 1 foo`:                                    leftover,
		`DELETE FROM counters WHERE id = 1 ORDER BY id`:                            leftover,
		`SELECT * FROM counters WHERE id = 1e2147483648`:                           malformed,
		`SELECT * FROM counters WHERE id = 1.5e-2147483647`:                        malformed,
		`SELECT * FROM counters WHERE id = 1 # note`:                               malformed,
		`SELECT * FROM counters WHERE id = 1 /* note`:                              malformed,
		`SELECT * FROM music WHERE artist = 'a`:                                    malformed,
		`DROP TABLE music`:                                                         malformed + "Expected data manipulation",
		`EXISTS(SELECT * FROM music WHERE artist = 'a' AND n = 1 AND title = 'x')`: malformed + "Expected data manipulation",
		` -- nothing`:                                                               malformed + "Expected data manipulation",
		`SELECT FROM music`:                                                         malformed + "Unexpected term",
		`SELECT * FROM music WHERE artist IS 1`:                                     malformed + "Unexpected term",
		`INSERT INTO music VALUE 'x'`:                                               malformed + "Unexpected term",
		`INSERT INTO music VALUE {x: 1}`:                                            malformed + "Unexpected term",
		`UPDATE music WHERE artist = 'a' AND n = 1`:                                 malformed + "Unexpected term",
		`SELECT * FROM music t WHERE artist = 'x'`:                                  "ValidationException: Aliasing is not supported",
		`SELECT * FROM music AS t WHERE artist = 'x'`:                               "ValidationException: Aliasing is not supported",
		`UPDATE music t SET a = 3 WHERE artist = 'x'`:                               "ValidationException: Aliasing is not supported",
		`DELETE FROM music t WHERE artist = 'x'`:                                    "ValidationException: Aliasing is not supported",
		`SELECT * FROM counters WHERE id = 1e126`:                                   "magnitude larger than supported range under root",
		`SELECT * FROM counters WHERE id = 1e-131`:                                  "magnitude smaller than supported range under root",
		`SELECT * FROM counters WHERE id = 123456789012345678901234567890123456789`: "more than 38 significant digits in a Number under root",
		`INSERT INTO counters VALUE {'id': 1e126}`:                                  "magnitude larger than supported range under root",
		`INSERT INTO counters VALUE {'id': 1, 'm': {'x': 1e126}}`:                   "magnitude larger than supported range under root.x",
		`INSERT INTO counters VALUE {'id': 1, 'l': [1, 1e126]}`:                     "magnitude larger than supported range under root[1]",
		where + `title < true`:                                                      "ValidationException: Incorrect operand type for operator or function; operator or function: <, operand type: BOOL",
		where + `attribute_exists('title')`:                                         "ValidationException: Operator or function requires a document path; operator or function: attribute_exists",
		where + `attribute_exists(title, n)`:                                        "ValidationException: Incorrect number of operands for operator or function; operator or function: attribute_exists, number of operands: 2",
		where + `title = ?`:                                                         "ValidationException: Number of parameters in request and statement don't match.",
		`SELECT * FROM music ORDER BY n`:                                            "ValidationException: Must have WHERE clause in the statement when using ORDER BY clause.",
		`SELECT * FROM music WHERE n = 1 ORDER BY n`:                                "ValidationException: Must have at least one non-optional hash key condition in WHERE clause when using ORDER BY clause.",
		`SELECT * FROM music WHERE artist = 'a' ORDER BY title`:                     "ValidationException: Variable reference title in ORDER BY clause must be part of the primary key",
		`SELECT * FROM music.none WHERE artist = 'a'`:                               "ValidationException: The table does not have the specified index: none",
		`SELECT * FROM others WHERE artist = 'a'`:                                   "ResourceNotFoundException",
		`DELETE FROM others WHERE artist = 'a'`:                                     "ResourceNotFoundException",
		`UPDATE music SET title = 'x' WHERE artist = 'a'`:                           "ValidationException: Where clause does not contain a mandatory equality on all key attributes",
		`DELETE FROM music WHERE artist = 'a' AND n > 1`:                            "ValidationException: Where clause does not contain a mandatory equality on all key attributes",
		`DELETE FROM music`:                                                         "ValidationException: Where clause does not contain a mandatory equality on all key attributes",
		`DELETE FROM music.byGenre WHERE artist = 'a' AND n = 1`:                    "ValidationException: Index is not supported in DELETE statements",
		`DELETE FROM music WHERE artist = 'a' AND n = '1'`:                          "ValidationException: The provided key element does not match the schema",
		update + `n = 2` + one:                                                      "Cannot update attribute n. This attribute is part of the key",
		update + `title = 'x', title = 'y'` + one:                                   "Two document paths overlap with each other",
		update + `t = set_add(tags, <<'x'>>)` + one:                                 "ValidationException: The first argument to SET_ADD must equal the assignment value",
		update + `tags = set_add(tags, ['x'])` + one:                                "ValidationException: The second argument to SET_ADD must be a value with type SET",
		update + `tags = set_delete(tags)` + one:                                    "ValidationException: SET_DELETE must have exactly two arguments",
		update + `tags = set_add(tags, <<1>>)` + one:                                "ValidationException: An operand in the update expression has an incorrect data type",
		update + `tags = set_add(tags, <<'x', 'x'>>)` + one:                         "ValidationException: One or more parameter values were invalid: Input collection [x, x] contains duplicates.",
		update + `tags = set_add(tags, <<>>)` + one:                                 "ValidationException: Empty bags are not supported",
		update + `tags = <<'x', 1>>` + one:                                          "a set has members of one type",
		`DELETE FROM music WHERE artist = 'a' AND n = 1 RETURNING ALL NEW *`:        "ValidationException",
		`INSERT INTO music VALUE {'artist': 'c', 'n': 1, '': 2}`:                    "ValidationException: ",
		`INSERT INTO music VALUE {'artist': 'c'}`:                                   "Missing the key n in the item",
		``:                        "Value null at 'statement'",
		strings.Repeat("x", 8193): "Member must have length less than or equal to 8192",
	} {
		got := execute(c, statement, "", "")
		if !strings.Contains(got, want) || want == malformed && got != malformed || want == leftover && got != leftover {
			t.Errorf("%.100s: %s, want %s", statement, got, want)
		}
	}
	if got := execute(c, `SELECT * FROM music`, `{"S": "a"}`, ""); !strings.Contains(got, "Number of parameters in request and statement don't match.") {
		t.Error(got)
	}
	if got := told(c, "ExecuteStatement", `{"Statement": "SELECT * FROM music", "Parameters": []}`); got != "ValidationException: 1 validation error detected: Value '[]' at 'parameters' failed to satisfy constraint: Member must have length greater than or equal to 1" {
		t.Error(got)
	}
	if got := songs(t, execute(c, `SELECT * FROM music WHERE artist = 'a'`, "", "")); got != "a1 a2 a3" {
		t.Errorf("a wrong statement has changed something: %s", got)
	}
}

// A condition that fails tells of the item, if that is asked for.
func TestAStatementsFailedConditionTellsOfTheItem(t *testing.T) {
	c := music(t)
	statement := `DELETE FROM music WHERE artist = 'b' AND n = 1 AND title = 'x'`
	_, err := c.Call(t.Context(), c.Administrator(), "dynamodb", "ExecuteStatement", json.RawMessage(`{"Statement": "`+statement+`", "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}`))
	if got := string(wire.ErrorJSON(cloud.AsError(err))); !strings.HasPrefix(got, `{"Item":{`) || !strings.Contains(got, `"title":{"S":"It's"}`) ||
		!strings.HasSuffix(got, `,"Message":"The conditional request failed","__type":"ConditionalCheckFailedException"}`) {
		t.Errorf("got %s", got)
	}
	one := `{"Statement": "` + statement + `", "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}`
	if got := told(c, "BatchExecuteStatement", `{"Statements": [`+one+`]}`); !strings.Contains(got, `{"Error":{"Code":"ConditionalCheckFailed","Message":"The conditional request failed","Item":{"artist":{"S":"b"}`) {
		t.Errorf("in a batch: %s", got)
	}
	_, err = c.Call(t.Context(), c.Administrator(), "dynamodb", "ExecuteTransaction", json.RawMessage(`{"TransactStatements": [`+one+`]}`))
	if reasons, _ := json.Marshal(cloud.AsError(err).Fields); !strings.Contains(string(reasons), `"title":{"S":"It's"}`) {
		t.Errorf("in a transaction: %v with %s", err, reasons)
	}
	if got := execute(c, statement, "", `, "ReturnValuesOnConditionCheckFailure": "ALL"`); !strings.Contains(got, "Value 'ALL' at 'returnValuesOnConditionCheckFailure'") {
		t.Error(got)
	}
}

// batched performs several statements.
func batched(c *cloud.Cloud, action, member string, statements ...string) string {
	var all []string
	for _, s := range statements {
		text, _ := json.Marshal(s)
		all = append(all, `{"Statement": `+string(text)+`}`)
	}
	return told(c, action, `{"`+member+`": [`+strings.Join(all, ", ")+`], "ReturnConsumedCapacity": "TOTAL"}`)
}

func TestABatchOfStatementsSucceedsOrFailsOneByOne(t *testing.T) {
	c := music(t)
	batch := func(statements ...string) string {
		return batched(c, "BatchExecuteStatement", "Statements", statements...)
	}
	for _, row := range []struct {
		statements []string
		want       string
	}{
		{[]string{`INSERT INTO music VALUE {'artist': 'a', 'n': 1}`, `UPDATE music SET title = 'x' WHERE artist = 'a' AND n = 1 RETURNING MODIFIED NEW *`, `DELETE FROM music WHERE artist = 'a' AND n = 2 AND title = 'no'`, `DELETE FROM none WHERE artist = 'a'`, `DELETE`, `DELETE FROM music WHERE artist = 'a' AND n = 3`},
			`{"Responses":[{"Error":{"Code":"DuplicateItem","Message":"Duplicate primary key exists in table"},"TableName":"music"},{"TableName":"music","Item":{"title":{"S":"x"}}},` +
				`{"Error":{"Code":"ConditionalCheckFailed","Message":"The conditional request failed"},"TableName":"music"},{"Error":{"Code":"ResourceNotFound","Message":"Requested resource not found"}},` +
				`{"Error":{"Code":"ValidationError","Message":"Statement wasn't well formed, can't be processed: Unexpected term"}},{"TableName":"music"}],"ConsumedCapacity":[{"TableName":"music","CapacityUnits":4.0}]}`},
		{[]string{`SELECT title FROM music WHERE artist = 'b' AND n = 1`, `SELECT * FROM music WHERE artist = 'b' AND n = 9`, `SELECT * FROM music WHERE artist = 'b'`, `SELECT * FROM music WHERE artist = 'b' AND n = 1 AND attribute_exists(title)`, `SELECT * FROM music.byGenre WHERE artist = 'b' AND n = 1`, `SELECT * FROM music WHERE artist = 'b' AND n = 1 AND n = 2`},
			`{"Responses":[{"TableName":"music","Item":{"title":{"S":"It's"}}},{"TableName":"music"},` + strings.TrimSuffix(strings.Repeat(`{"Error":{"Code":"ValidationError","Message":"Select statements within BatchExecuteStatement must specify the primary key in the where clause."},"TableName":"music"},`, 4), ",") + `],"ConsumedCapacity":[{"TableName":"music","CapacityUnits":1.0}]}`},
		{[]string{`SELECT * FROM music WHERE artist = 'b' AND n = 1`, `DELETE FROM music WHERE artist = 'b' AND n = 1`}, "ValidationException: BatchExecuteStatement must have only read statements or only write statements"},
		{nil, "ValidationException: 1 validation error detected: Value '[]' at 'statements' failed to satisfy constraint: Member must have length greater than or equal to 1"},
		{make([]string, 26), "ValidationException: 1 validation error detected: Value at 'statements' failed to satisfy constraint: Member must have length less than or equal to 25"},
		{[]string{`EXISTS(SELECT * FROM music WHERE artist = 'b')`}, `{"Responses":[{"Error":{"Code":"ValidationError","Message":"Statement wasn't well formed, can't be processed: Expected data manipulation"}}]}`},
	} {
		if got := batch(row.statements...); got != row.want {
			t.Errorf("%q:\n%s, want\n%s", row.statements, got, row.want)
		}
	}
}

func TestATransactionOfStatementsSucceedsOrFailsAsAWhole(t *testing.T) {
	const exists, at = `EXISTS(SELECT * FROM music WHERE artist = 'b' AND n = 1 AND title = `, `Validation failed in TransactStatements`
	for _, row := range []struct {
		statements []string
		want       string
		left       string
	}{
		{[]string{`INSERT INTO music VALUE {'artist': 'a', 'n': 4}`, `DELETE FROM music WHERE artist = 'a' AND n = 1`, exists + `'It''s')`}, `{"Responses":[],"ConsumedCapacity":[{"TableName":"music","CapacityUnits":8.0,"WriteCapacityUnits":8.0}]}`, "a2 a3 a4"},
		{[]string{`DELETE FROM music WHERE artist = 'a' AND n = 1`, exists + `'x')`}, "TransactionCanceledException: Transaction cancelled, please refer cancellation reasons for specific reasons [None, ConditionalCheckFailed]", "a1 a2 a3"},
		{[]string{`DELETE FROM music WHERE artist = 'a' AND n = 2`, `INSERT INTO music VALUE {'artist': 'a', 'n': 1}`}, "TransactionCanceledException: Transaction cancelled, please refer cancellation reasons for specific reasons [None, DuplicateItem]", "a1 a2 a3"},
		{[]string{`DELETE FROM music WHERE artist = 'a' AND n = 2`, `UPDATE music SET title = 'x' WHERE artist = 'a' AND n = 2`}, "ValidationException: Transaction request cannot include multiple operations on one item", "a1 a2 a3"},
		{[]string{`SELECT title FROM music WHERE artist = 'a' AND n = 1`, `SELECT * FROM music WHERE artist = 'z' AND n = 1`}, `{"Responses":[{"Item":{"title":{"S":"One"}}},{}],"ConsumedCapacity":[{"TableName":"music","CapacityUnits":4.0,"ReadCapacityUnits":4.0}]}`, "a1 a2 a3"},
		{[]string{`SELECT title FROM music WHERE artist = 'a' AND n = 1`, `SELECT title FROM music WHERE artist = 'a'`}, "ValidationException: " + at + "[1]: Select statements within ExecuteTransaction must specify the primary key in the where clause.", "a1 a2 a3"},
		{[]string{`EXISTS(SELECT * FROM music WHERE artist = 'b' AND n = 1)`}, "ValidationException: " + at + "[0]: EXISTS() must contain a single item read with additional condition", "a1 a2 a3"},
		{[]string{`DELETE FROM music WHERE artist = 'a' AND n = 1 RETURNING ALL OLD *`}, "ValidationException: " + at + "[0]: RETURNING is not supported in ExecuteTransaction", "a1 a2 a3"},
		{[]string{`DELETE FROM music WHERE artist = 'a' AND n = 1`, `SELECT * FROM music WHERE artist = 'a' AND n = 2`}, "ValidationException: ExecuteTransaction must have only read statements or only write statements", "a1 a2 a3"},
		{[]string{`DELETE FROM none WHERE artist = 'a'`}, "ResourceNotFoundException: Requested resource not found", "a1 a2 a3"},
		{nil, "ValidationException: 1 validation error detected: Value '[]' at 'transactStatements' failed to satisfy constraint: Member must have length greater than or equal to 1", "a1 a2 a3"},
		{make([]string, 101), "ValidationException: 1 validation error detected: Value at 'transactStatements' failed to satisfy constraint: Member must have length less than or equal to 100", "a1 a2 a3"},
	} {
		c := music(t)
		if got := batched(c, "ExecuteTransaction", "TransactStatements", row.statements...); got != row.want {
			t.Errorf("%q:\n%s, want\n%s", row.statements, got, row.want)
		}
		if left := songs(t, execute(c, `SELECT * FROM music WHERE artist = 'a'`, "", "")); left != row.left {
			t.Errorf("%q: left are %s", row.statements, left)
		}
	}
}

// A transaction with a token that has succeeded is not performed again.
func TestATransactionOfStatementsIsPerformedOnce(t *testing.T) {
	c := music(t)
	perform := func(set, token string) string {
		return told(c, "ExecuteTransaction", fmt.Sprintf(`{"ClientRequestToken": %q, "TransactStatements": [{"Statement": "UPDATE music SET x = %s WHERE artist = 'b' AND n = 1"}]}`, token, set))
	}
	execute(c, `UPDATE music SET x = 1 WHERE artist = 'b' AND n = 1`, "", "")
	for range 2 {
		if got := perform("x + 1", "t"); got != `{"Responses":[]}` {
			t.Error(got)
		}
	}
	if got := execute(c, `SELECT x FROM music WHERE artist = 'b'`, "", ""); got != `{"Items":[{"x":{"N":"2"}}]}` {
		t.Error(got)
	}
	if got := perform("x + 2", "t"); !strings.HasPrefix(got, "IdempotentParameterMismatchException") {
		t.Error(got)
	}
	if got := perform("x", strings.Repeat("t", 37)); !strings.Contains(got, "at 'clientRequestToken'") {
		t.Error(got)
	}
}

// What statements read and write is told, and measured.
func TestAStatementConsumesWhatACallWould(t *testing.T) {
	c := music(t)
	for statement, want := range map[string]string{
		`INSERT INTO counters VALUE {'id': 1}`:                `{"Items":[],"ConsumedCapacity":{"TableName":"counters","CapacityUnits":1.0}}`,
		`UPDATE music SET x = 1 WHERE artist = 'b' AND n = 1`: `{"Items":[],"ConsumedCapacity":{"TableName":"music","CapacityUnits":2.0}}`,
	} {
		if got := execute(c, statement, "", `, "ReturnConsumedCapacity": "TOTAL"`); got != want {
			t.Errorf("%s: %s", statement, got)
		}
	}
	m := &meter{}
	c.Meter = m
	const one = `"Statement": "SELECT title FROM music WHERE artist = 'a' AND n = 1"`
	got := told(c, "BatchExecuteStatement", `{"Statements": [{`+one+`}, {`+one+`, "ConsistentRead": true}], "ReturnConsumedCapacity": "TOTAL"}`)
	if !strings.Contains(got, `"ConsumedCapacity":[{"TableName":"music","CapacityUnits":1.5}]`) {
		t.Error(got)
	}
	if got := strings.Join(m.seen, ", "); strings.Count(got, "ConsumedReadCapacityUnits music") != 2 {
		t.Errorf("observed %s", got)
	}
}

// A statement of a batch that its caller may not perform fails by itself.
func TestABatchAsksForThePermissionOfEachStatement(t *testing.T) {
	c := music(t)
	c.Authorizer = guard{"dynamodb:PartiQLDelete table/music": true}
	got := batched(c, "BatchExecuteStatement", "Statements", `DELETE FROM counters WHERE id = 1`, `DELETE FROM music WHERE artist = 'z' AND n = 1`)
	if !strings.HasPrefix(got, `{"Responses":[{"Error":{"Code":"AccessDenied","Message":"dynamodb:PartiQLDelete on `) || !strings.Contains(got, `},{"TableName":"music"}]`) {
		t.Error(got)
	}
}
