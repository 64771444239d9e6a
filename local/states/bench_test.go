package states

import (
	"context"
	"strings"
	"testing"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// BenchmarkExecution runs executions of pure control flow, with their histories.
func BenchmarkExecution(b *testing.B) {
	for name, definition := range map[string]string{
		"JSONPath": `{"StartAt":"A","States":{
			"A":{"Type":"Pass","Parameters":{"x.$":"$.a","y":"b"},"ResultPath":"$.r","Next":"C"},
			"C":{"Type":"Choice","Choices":[{"Variable":"$.a","NumericEquals":1,"Next":"D"}],"Default":"D"},
			"D":{"Type":"Pass","OutputPath":"$.r","Next":"E"},"E":{"Type":"Succeed"}}}`,
		"JSONata": `{"QueryLanguage":"JSONata","StartAt":"A","States":{
			"A":{"Type":"Pass","Output":{"x":"{% $states.input.a %}","y":"b"},"Next":"C"},
			"C":{"Type":"Choice","Choices":[{"Condition":"{% $states.input.x = 1 %}","Next":"D"}],"Default":"D"},
			"D":{"Type":"Pass","Output":"{% $states.input.x %}","Next":"E"},"E":{"Type":"Succeed"}}}`,
	} {
		b.Run(name, func(b *testing.B) {
			c := cloud.New(cloud.Site{Account: "123456789012", Region: "eu-central-1"})
			defer c.Close()
			m, err := New(c, Options{}).create("m", false, wish{text: definition, role: "arn:aws:iam::123456789012:role/r"})
			if err != nil {
				b.Fatal(err)
			}
			input := `{"a":1}`
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					e, err := m.now().start(context.Background(), startRequestBody{Input: &input})
					if err != nil {
						b.Error(err)
						return
					}
					<-e.done()
				}
			})
		})
	}
}

// BenchmarkMapRun runs a distributed Map of a thousand children.
func BenchmarkMapRun(b *testing.B) {
	for _, kind := range []string{"STANDARD", "EXPRESS"} {
		b.Run(kind, func(b *testing.B) {
			c := cloud.New(cloud.Site{Account: "123456789012", Region: "eu-central-1"})
			defer c.Close()
			definition := strings.Replace(distributing(``, passOn), "STANDARD", kind, 1)
			m, err := New(c, Options{}).create("m", false, wish{text: definition, role: "arn:aws:iam::123456789012:role/r"})
			if err != nil {
				b.Fatal(err)
			}
			input := "[0" + strings.Repeat(",1", 999) + "]"
			b.ReportAllocs()
			for b.Loop() {
				e, err := m.now().start(context.Background(), startRequestBody{Input: &input})
				if err != nil {
					b.Fatal(err)
				}
				<-e.done()
			}
		})
	}
}
