package processreferral

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"testing"

	contract "github.com/tradepost-dev/tradepost/internal/contract/onboarding"
)

func TestAReferralIsNotedAndAnswered(t *testing.T) {
	var log bytes.Buffer
	standard := slog.Default()
	slog.SetDefault(slog.New(slog.NewJSONHandler(&log, nil)))
	defer slog.SetDefault(standard)
	answer, err := Handle(t.Context(), contract.Referral{UserID: "user\n-12345 \"ü\"", Created: "2025-10-20T10:30:00.000Z"})
	if err != nil || answer != "Processed" {
		t.Errorf("got %q, %v", answer, err)
	}
	var line struct{ User, Created string }
	if err := json.Unmarshal(log.Bytes(), &line); err != nil || line.User != "user\n-12345 \"ü\"" || line.Created != "2025-10-20T10:30:00.000Z" {
		t.Errorf("log %s, %v", &log, err)
	}
}
