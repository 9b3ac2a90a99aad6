// Calls with two of the vendor's SDKs; ../README.md documents the arguments. All goroutines share a
// client.
package main

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"syscall"
	"time"
)

const (
	action  = "GetDeviceCredential"
	version = "2020-04-20"
)

var errNoCredential = errors.New("the response contains no credential")

// Each function returns one that makes a call.
var sdks = map[string]func(arguments) (func() error, error){
	"github.com/aliyun/alibaba-cloud-sdk-go":          newCoreCall,
	"github.com/alibabacloud-go/darabonba-openapi/v2": newOpenAPICall,
}

type arguments struct {
	host, accessKeyID, accessKeySecret, instanceID, clientID string
}

func main() {
	sdk := os.Args[2]
	if os.Args[3] == "--version" {
		fmt.Println(describe(sdk))
		return
	}
	call, err := sdks[sdk](arguments{
		host:            strings.TrimPrefix(os.Args[3], "http://"),
		accessKeyID:     os.Args[4],
		accessKeySecret: os.Args[5],
		instanceID:      os.Args[6],
		clientID:        os.Args[7],
	})
	check(err)
	var calls, atOnce int
	for {
		if count, _ := fmt.Scan(&calls, &atOnce); count != 2 {
			return
		}
		run(call, 20, atOnce) // Opens connections and fills caches.
		cpu, wall := cpuTime(), time.Now()
		run(call, calls/atOnce, atOnce)
		fmt.Println((cpuTime() - cpu).Nanoseconds(), time.Since(wall).Nanoseconds())
	}
}

func run(call func() error, callsOfEach, atOnce int) {
	makeCalls := func() {
		for i := 0; i < callsOfEach; i++ {
			check(call())
		}
	}
	if atOnce == 1 {
		makeCalls()
		return
	}
	var running sync.WaitGroup
	running.Add(atOnce)
	for i := 0; i < atOnce; i++ {
		go func() {
			defer running.Done()
			makeCalls()
		}()
	}
	running.Wait()
}

func cpuTime() time.Duration {
	var usage syscall.Rusage
	check(syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// describe returns the versions of an SDK and of Go.
func describe(sdk string) string {
	if build, isKnown := debug.ReadBuildInfo(); isKnown {
		for _, module := range build.Deps {
			if module.Path == sdk {
				return fmt.Sprintf("%s %s, %s", sdk, module.Version, runtime.Version())
			}
		}
	}
	return fmt.Sprintf("%s, %s", sdk, runtime.Version())
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}
