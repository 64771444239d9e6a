package cloud

import (
	"encoding/json"
	"math"
	"testing"
)

func TestADoubleIsToldWithAFraction(t *testing.T) {
	for number, want := range map[Double]string{
		0: "0.0", 65: "65.0", -1: "-1.0", 0.5: "0.5", 0.001: "0.001", 0.0001: "1.0E-4", 1.25e-7: "1.25E-7", 9999999: "9999999.0", 1e7: "1.0E7", 12345678.5: "1.23456785E7",
		-2e10: "-2.0E10", 1e100: "1.0E100", Double(math.MaxFloat64): "1.7976931348623157E308",
	} {
		if got := number.String(); got != want {
			t.Errorf("%v is %s, want %s", float64(number), got, want)
		}
		encoded, err := json.Marshal(number)
		var back Double
		if err != nil || json.Unmarshal(encoded, &back) != nil || back != number {
			t.Errorf("%s comes back as %v, %v", encoded, float64(back), err)
		}
	}
}
