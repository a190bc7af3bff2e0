using Gateway.Bench.Processes;

namespace Gateway.Bench.Targets;

/// <summary>Two nginx processes in a row, with their own configuration and folder; the machine's nginx service is not touched.</summary>
internal sealed class NginxTarget() : Target("nginx-2hop")
{
    private static readonly Dictionary<string, string?> _environment = [];

    public override async Task StartAsync(int mockPort, string folder, CancellationToken cancellationToken)
    {
        var program = await Tools.FindAsync("nginx", "nginx-light", cancellationToken);
        var ports = Ports.Free(2);
        Port = ports[0];
        for (var hop = 1; hop >= 0; hop--)
        {
            var home = Directory.CreateDirectory(Path.Combine(folder, $"nginx-{hop + 1}")).FullName;
            var file = Path.Combine(home, "nginx.conf");
            await File.WriteAllTextAsync(file, Configuration(home, ports[hop], hop == 0 ? ports[1] : mockPort), cancellationToken);
            var process = Count(ChildProcess.Start($"nginx-{hop + 1}", home, _environment, program, "-p", home, "-c", file, "-e", Path.Combine(home, "error.log")));
            await Http.WaitAsync(process, ports[hop], "/v1/models", TimeSpan.FromSeconds(10), cancellationToken);
        }
    }

    // Master and one worker each, as installed; keep-alive on both sides; answers pass as they come.
    private static string Configuration(string home, int port, int next) => $$"""
        {{(Environment.UserName == "root" ? "user root;" : "")}}
        daemon off;
        worker_processes 1;
        pid {{home}}/nginx.pid;
        events { worker_connections 8192; }
        http {
          access_log off;
          client_body_temp_path {{home}}/body;
          proxy_temp_path {{home}}/proxy;
          fastcgi_temp_path {{home}}/fastcgi;
          uwsgi_temp_path {{home}}/uwsgi;
          scgi_temp_path {{home}}/scgi;
          keepalive_requests 1000000000;
          keepalive_timeout 600s;
          upstream next { server 127.0.0.1:{{next}}; keepalive 2048; keepalive_requests 1000000000; keepalive_timeout 600s; }
          server {
            listen 127.0.0.1:{{port}} backlog=4096;
            location / {
              proxy_pass http://next;
              proxy_http_version 1.1;
              proxy_set_header Connection "";
              proxy_buffering off;
              proxy_read_timeout 600s;
            }
          }
        }
        """;
}
