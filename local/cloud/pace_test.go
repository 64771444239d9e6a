package cloud_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

func TestAPaceLetsSomethingBeDoneSoOftenInASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p cloud.Pace
		start := time.Now()
		for range 5 {
			if err := p.Wait(t.Context(), 2); err != nil {
				t.Fatal(err)
			}
		}
		if took := time.Since(start); took != 2*time.Second {
			t.Errorf("five at two a second take %v", took)
		}
		time.Sleep(time.Minute)
		start = time.Now()
		for range 3 {
			_ = p.Wait(t.Context(), 0)
		}
		if err := p.Wait(t.Context(), 1); err != nil || time.Since(start) != 0 {
			t.Errorf("after a pause the next waits for %v, %v", time.Since(start), err)
		}
		ended, end := context.WithCancel(t.Context())
		end()
		if err := p.Wait(ended, 1); err == nil || time.Since(start) != 0 {
			t.Errorf("ended, it waits for %v", time.Since(start))
		}
	})
}
