package service

import "syscall"

// endWithParent lets the kernel end the server with highwater, also after kill -9.
func endWithParent(attributes *syscall.SysProcAttr) { attributes.Pdeathsig = syscall.SIGQUIT }
