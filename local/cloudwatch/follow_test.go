package cloudwatch_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestGrowingLogFilesAreFollowed(t *testing.T) {
	folder := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		file, err := os.OpenFile(filepath.Join(folder, name), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		if _, err := file.WriteString(text); err != nil {
			t.Fatal(err)
		}
	}
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		defer w.Close()
		line := func(n int) string {
			return fmt.Sprintf(`{"_aws": {"Timestamp": %d, "CloudWatchMetrics": [{"Namespace": "Shop", "Metrics": [{"Name": "Stored"}]}]}, "Stored": %d}`+"\n", time.Now().UnixMilli(), n)
		}
		write("split.log", line(100)) // of an earlier run
		w.metrics.Follow(folder)
		write("split.log", "START\n"+line(1)+line(2)[:40])
		write("start.log", strings.Repeat("long", 1<<19)+"\n"+line(10))
		write("notes.txt", line(1000))
		time.Sleep(2 * time.Second)
		write("split.log", line(2)[40:])
		time.Sleep(2 * time.Second)
		write("split.log", line(4)[:40])
		for _, next := range []string{line(8), line(16)} { // written before the file is read again
			if err := os.Rename(filepath.Join(folder, "split.log"), filepath.Join(folder, "split.log.1")); err != nil {
				t.Fatal(err)
			}
			write("split.log", next)
			if next == line(8) {
				write("split.log.1", line(4)[40:]) // by a process that still ran
				time.Sleep(2 * time.Second)
			}
		}
		time.Sleep(2 * time.Second)
		for group, want := range map[string]float64{"split": 31, "start": 10} {
			var out struct{ Datapoints []struct{ Sum float64 } }
			err := w.Do(t.Context(), w.Administrator(), "cloudwatch", "GetMetricStatistics", map[string]any{
				"Namespace": "Shop", "MetricName": "Stored", "Dimensions": []map[string]string{{"Name": "LogGroup", "Value": group}},
				"StartTime": time.Now().Add(-time.Hour), "EndTime": time.Now().Add(time.Hour), "Period": 3600, "Statistics": []string{"Sum"},
			}, &out)
			if err != nil {
				t.Fatal(err)
			}
			sum := 0.0
			for _, p := range out.Datapoints {
				sum += p.Sum
			}
			if sum != want {
				t.Errorf("%s stored %g, want %g", group, sum, want)
			}
		}
	})
}
