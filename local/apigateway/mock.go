package apigateway

// Mock integrations answer with the status that their request template names.

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

type mock struct{}

func (mock) call(_ context.Context, _ *exchange, r *backendRequest) (*backendResponse, error) {
	status, err := mockStatus(string(r.body))
	if err != nil {
		return nil, internal(apiConfigurationError, err)
	}
	return &backendResponse{status: status, selector: strconv.Itoa(status), header: http.Header{}}, nil
}

// mockStatus reads {"statusCode": 200}. API Gateway forgives missing quotes
// around the name, as in {statusCode: 200}.
func mockStatus(body string) (int, error) {
	var parsed struct {
		StatusCode json.Number `json:"statusCode"`
	}
	if err := json.Unmarshal([]byte(body), &parsed); err != nil {
		_, after, found := strings.Cut(body, "statusCode")
		if !found {
			return 0, fmt.Errorf("the mock's request template yields no statusCode: %w", err)
		}
		parsed.StatusCode = json.Number(strings.Trim(after, "\"': \t\r\n}"))
	}
	status, err := statusCode(parsed.StatusCode.String())
	if err != nil {
		return 0, errors.New("the mock's request template must yield {\"statusCode\": N}")
	}
	return status, nil
}
