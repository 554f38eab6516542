package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const (
	uid       = "38f9461d-9d25-4e9e-a38b-f781eba2db65"
	container = "b6e1c228a39bccb94271ce5d2910d50c220d7275a275f1df7d4a2f15e5f1e91a"
)

func TestOwnerIsReadFromEveryNamingOfGroups(t *testing.T) {
	low := strings.ReplaceAll(uid, "-", "_")
	static := strings.ReplaceAll(uid, "-", "")
	for groups, want := range map[string][2]string{
		"0::/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-besteffort.slice/kubelet-kubepods-besteffort-pod" + low + ".slice/cri-containerd-" + container + ".scope": {uid, container},
		"0::/kubepods/burstable/pod" + uid + "/" + container:                                                    {uid, container},
		"12:pids:/docker/" + container + "/kubelet/kubepods/pod" + uid + "/" + container + "/inner\n1:name=x:/": {uid, container},
		"0::/../kubepods.slice/kubepods-pod" + static + ".slice/cri-containerd-" + container + ".scope":         {static, container},
		"0::/kubepods/besteffort/pod" + uid:                                                                     {uid, ""},
		"0::/system.slice/kubelet.service":                                                                      {"", ""},
		"0::/kubepods/besteffort/podcast-" + container:                                                          {"", ""},
		"": {"", ""},
	} {
		if gotUID, gotID := owner(groups); gotUID != want[0] || gotID != want[1] {
			t.Errorf("%s: %s %s", groups, gotUID, gotID)
		}
	}
}

// A pod's own group, seen first, is the pod's; what a pod names its inner groups says nothing about another pod.
func TestAPodCannotPassForAnother(t *testing.T) {
	other := strings.Replace(uid, "3", "4", 1)
	if got, _ := owner("0::/kubepods/pod" + uid + "/" + container + "/pod" + other); got != uid {
		t.Error(got)
	}
}

func addProcess(t *testing.T, proc, pid, group, started string) {
	t.Helper()
	folder := filepath.Join(proc, pid)
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	stat := pid + " (a b) c) S" + strings.Repeat(" 0", 18) + " " + started + " 0"
	for name, text := range map[string]string{"cgroup": "0::" + group + "\n", "stat": stat} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestTheOldestProcessStandsForItsPodWhileItLives(t *testing.T) {
	proc := t.TempDir()
	group := "/kubepods/pod" + uid
	addProcess(t, proc, "40", group+"/"+container, "200")
	addProcess(t, proc, "50", group+"/"+strings.Repeat("a", 64), "100")
	addProcess(t, proc, "60", group+"/"+container, "150")
	known := newCensus(proc)
	if pod, err := known.pod(uid); err != nil || pod.pid != 50 {
		t.Fatal(pod, err)
	}
	if first, err := known.container(uid, container); err != nil || first.pid != 60 {
		t.Fatal(first, err)
	}
	// Its number goes to a process of nobody's, and a younger sandbox takes its place.
	addProcess(t, proc, "50", "/", "300")
	addProcess(t, proc, "70", group+"/"+strings.Repeat("b", 64), "120")
	if pod, err := known.pod(uid); err != nil || pod.pid != 70 {
		t.Fatal(pod, err)
	}
	var trouble *fault
	if _, err := known.pod("nobody"); !errors.As(err, &trouble) || trouble.Code != "no-pod" {
		t.Fatal(err)
	}
}
