package apigateway

// The control plane's exports.

import (
	"context"
	"net/http"
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/jsonvalue"
)

type getExportInput struct {
	stageNamedInput
	ExportType string            `json:"exportType"`
	Parameters map[string]string `json:"parameters"`
	Accepts    string            `json:"accepts"`
}

type getExportOutput struct {
	ContentType        string `json:"contentType"`
	ContentDisposition string `json:"contentDisposition"`
	Body               []byte `json:"body"`
}

func (c *Control) getExport(_ context.Context, caller cloud.Caller, in getExportInput) (getExportOutput, error) {
	return onAPI(c, caller, "GET", in.restAPINamed, in.path()+"/exports/"+in.ExportType, func(a *api) (getExportOutput, error) {
		s, err := a.findStage(in.StageName)
		if err != nil {
			return getExportOutput{}, err
		}
		if in.ExportType != "oas30" && in.ExportType != "swagger" {
			return getExportOutput{}, badRequest("No API exporter for type '%s'", in.ExportType)
		}
		var with []string
		for name, value := range in.Parameters {
			if name != "extensions" || !slices.Contains([]string{"integrations", "authorizers", "apigateway", "documentation"}, value) {
				return getExportOutput{}, cloud.Errorf(http.StatusNotImplemented, "NotImplemented", "the local engine does not serve the parameter %s of an export: %q", name, value)
			}
			with = append(with, value)
		}
		body, ending := []byte(jsonvalue.Text(s.export(in.ExportType == "oas30", with))), "json"
		if in.Accepts == "application/yaml" {
			ending = "yaml"
			if body, err = inYAML(body); err != nil {
				return getExportOutput{}, err
			}
		}
		return getExportOutput{
			ContentType: "application/octet-stream", Body: body,
			ContentDisposition: `attachment; filename="` + in.ExportType + "_" + s.exportVersion() + "." + ending + `"`,
		}, nil
	})
}

// inYAML writes a document in JSON, which is YAML too, a member a line.
func inYAML(document []byte) ([]byte, error) {
	var tree yaml.Node
	if err := yaml.Unmarshal(document, &tree); err != nil {
		return nil, err
	}
	unfold(&tree)
	return yaml.Marshal(&tree)
}

func unfold(n *yaml.Node) {
	n.Style &^= yaml.FlowStyle
	for _, child := range n.Content {
		unfold(child)
	}
}
