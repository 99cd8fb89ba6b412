package importer_test
import ("testing";"customer-events/store/storetest";"fmt";"os")
func BenchmarkDbg(b *testing.B){ b.Run("x",func(b *testing.B){u:=storetest.SQLite(b); _,err:=os.Stat(u[7:]); fmt.Println(b.N,u,err); open(b,u); es,_:=os.ReadDir(u[7:len(u)-8]); for _,e:=range es {i,_:=e.Info(); fmt.Println(e.Name(),i.Mode(),i.Size())}})}
