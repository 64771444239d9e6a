package graph

// This file has the icons of states, in a field of 16 by 16.

import "strings"

var glyphs = map[string]string{
	"Choice":   "M8 2 14 8 8 14 2 8z",
	"Wait":     "M8 2.5a5.5 5.5 0 1 0 .01 0zM8 5v3.2l2.2 1.6",
	"Pass":     "M2.5 8h10M9 4.5 12.5 8 9 11.5",
	"Succeed":  "M3 8.5 6.5 12 13 4.5",
	"Fail":     "M4 4l8 8M12 4l-8 8",
	"Map":      "M2.5 4.5h8v7h-8zM5.5 4.5v-2h8v7h-3",
	"Parallel": "M4.5 3v10M8 3v10M11.5 3v10",

	// tasks, by service
	"lambda":     "M4 3h2.2l5.3 10h1M7.3 6.8 3.5 13",
	"dynamodb":   "M3 4.5c0-2.6 10-2.6 10 0v7c0 2.6-10 2.6-10 0zM3 4.5c0 2.6 10 2.6 10 0M3 8c0 2.6 10 2.6 10 0",
	"s3":         "M3 3.5h10l-1.4 9c-.9 1-6.3 1-7.2 0zM3 3.5c1.5 1.3 8.5 1.3 10 0",
	"sqs":        "M2.5 4h11v8h-11zM2.5 4.5 8 8.8 13.5 4.5",
	"sns":        "M3 6.5h2.5L11 3.5v9L5.5 9.5H3zM13 6.5v3",
	"events":     "M8 2.5v4.5M8 7 3.5 12M8 7l4.5 5M8 2a1 1 0 1 0 .01 0zM3.5 12a1 1 0 1 0 .01 0zM12.5 12a1 1 0 1 0 .01 0z",
	"states":     "M5.5 2.5h5v3h-5zM2.5 10.5h4v3h-4zM9.5 10.5h4v3h-4zM8 5.5v2.5M4.5 10.5V8h7v2.5",
	"apigateway": "M6 4 2.5 8 6 12M10 4l3.5 4L10 12",
	"ec2":        "M4 4h8v8H4zM6.5 4V2M9.5 4V2M6.5 14v-2M9.5 14v-2M4 6.5H2M4 9.5H2M14 6.5h-2M14 9.5h-2",
	"transfer":   "M2.5 12.5v-9h4l1.5 2h5.5v7zM8 11V7.5M6.2 9.2 8 7.4l1.8 1.8",
	"kinesis":    "M2.5 4.5c3-2 8 2 11 0M2.5 8c3-2 8 2 11 0M2.5 11.5c3-2 8 2 11 0",
	"scheduler":  "M8 2.5a5.5 5.5 0 1 0 .01 0zM8 5v3.2l2.2 1.6",
	"Task":       "M8 5.5a2.5 2.5 0 1 0 .01 0zM8 2.5v3M8 10.5v3M2.5 8h3M10.5 8h3M4.1 4.1l2.1 2.1M9.8 9.8l2.1 2.1M11.9 4.1 9.8 6.2M6.2 9.8l-2.1 2.1",
}

func glyphOf(s *State) string {
	key := s.Type
	if s.Type == "Task" {
		key, _, _ = strings.Cut(s.Does, ":")
		if key == "sfn" {
			key = "states"
		}
	}
	if glyph, ok := glyphs[key]; ok {
		return glyph
	}
	return glyphs["Task"]
}

// kindOf is the class that a state is coloured by.
func kindOf(s *State) string {
	switch s.Type {
	case "Task", "Choice", "Succeed", "Fail", "Map", "Parallel":
		return strings.ToLower(s.Type)
	}
	return "flow"
}
