package main

// This file measures JSONata beside its reference implementation in Node.

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/tradepost-dev/tradepost/cmd/internal/laptop"
	"github.com/tradepost-dev/tradepost/local/jsonvalue"
	"github.com/tradepost-dev/tradepost/local/query/jsonata"
)

// spell is how long an expression is evaluated over and over, at least: twice as often as before until it takes that long.
const spell = 500 * time.Millisecond

// reference evaluates in Node what it reads, and prints how long each takes.
const reference = `
const jsonata = require("jsonata");
(async () => {
  for (const { Expression, Input, Variables } of JSON.parse(require("fs").readFileSync(0))) {
    const e = jsonata(Expression);
    for (let times = 1, took = 0; took < 500; times *= 2) {
      const began = performance.now();
      for (let i = 0; i < times; i++) await e.evaluate(Input, Variables);
      took = performance.now() - began;
      if (took >= 500) console.log(Math.round(took * 1e6 / times) + "ns");
    }
  }
})();`

// evaluation is an expression and what it is evaluated with.
type evaluation struct {
	What       string `json:"-"`
	Expression string
	Input      json.RawMessage
	Variables  map[string]json.RawMessage
	Promise    string `json:"-"`
}

// measureJSONata evaluates a path, as most expressions of workflows are, and the published suite's cases of
// performance.
func measureJSONata(ctx context.Context, o options) ([]result, error) {
	evaluations, err := performanceCases(filepath.Join(o.root, "local", "query", "jsonata", "testdata", "suite"))
	if err != nil {
		return nil, err
	}
	evaluations = append([]evaluation{{
		What: "JSONata: a path, $states.input.order.id", Expression: "$states.input.order.id", Input: json.RawMessage("null"),
		Variables: map[string]json.RawMessage{"states": json.RawMessage(`{"input":{"order":{"id":"4711"}}}`)}, Promise: "0.2 µs",
	}}, evaluations...)
	inNode, err := evaluateInNode(ctx, o, evaluations)
	if err != nil {
		return nil, err
	}
	var results []result
	for i, e := range evaluations {
		took, err := e.evaluate(ctx)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", e.What, err)
		}
		results = append(results, result{e.What, took.String(), fmt.Sprintf("in Node %s: %.2f times as long", inNode[i], took.Seconds()/inNode[i].Seconds()), e.Promise})
	}
	return results, nil
}

func performanceCases(suite string) ([]evaluation, error) {
	text, err := os.ReadFile(filepath.Join(suite, "datasets.json"))
	if err != nil {
		return nil, err
	}
	var datasets map[string]json.RawMessage
	if err := json.Unmarshal(text, &datasets); err != nil {
		return nil, fmt.Errorf("datasets of the suite: %w", err)
	}
	file, err := os.Open(filepath.Join(suite, "cases.jsonl"))
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var evaluations []evaluation
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var c struct {
			Name, Expr, Dataset string
		}
		if !bytes.Contains(lines.Bytes(), []byte(`"performance/`)) {
			continue
		}
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			return nil, fmt.Errorf("cases of the suite: %w", err)
		}
		evaluations = append(evaluations, evaluation{What: "JSONata: the suite's " + c.Name, Expression: c.Expr, Input: datasets[c.Dataset], Promise: "10 times Node"})
	}
	return evaluations, lines.Err()
}

func evaluateInNode(ctx context.Context, o options, evaluations []evaluation) ([]time.Duration, error) {
	environment, err := laptop.WithNode(o.root)
	if err != nil {
		return nil, err
	}
	input, err := json.Marshal(evaluations)
	if err != nil {
		return nil, err
	}
	node := exec.CommandContext(ctx, "env", // which looks on the PATH of its environment
		"node", "-e", reference)
	node.Dir, node.Env, node.Stdin, node.Stderr = o.root, environment, bytes.NewReader(input), os.Stderr
	output, err := node.Output()
	if err != nil {
		return nil, fmt.Errorf("JSONata in Node: %w", err)
	}
	var took []time.Duration
	for line := range strings.FieldsSeq(string(output)) {
		duration, err := time.ParseDuration(line)
		if err != nil {
			return nil, fmt.Errorf("JSONata in Node: %w", err)
		}
		took = append(took, duration)
	}
	return took, nil
}

func (e evaluation) evaluate(ctx context.Context) (time.Duration, error) {
	expression, err := jsonata.Compile(e.Expression, jsonata.Standard)
	if err != nil {
		return 0, err
	}
	input, err := jsonvalue.Decode(e.Input)
	if err != nil {
		return 0, err
	}
	variables := map[string]any{}
	for name, text := range e.Variables {
		if variables[name], err = jsonvalue.Decode(text); err != nil {
			return 0, err
		}
	}
	for times := 1; ; times *= 2 {
		began := time.Now()
		for range times {
			if _, _, err := expression.Eval(ctx, input, variables); err != nil {
				return 0, err
			}
		}
		if took := time.Since(began); took >= spell {
			return took / time.Duration(times), nil
		}
	}
}
