using System.Globalization;

namespace Gateway.Bench.Measuring;

/// <summary>CPU and memory of other processes, read from /proc.</summary>
internal static class ProcessFigures
{
    /// <summary>The process and all that descend from it.</summary>
    public static IReadOnlyList<int> TreeOf(int pid)
    {
        var parents = new Dictionary<int, int>();
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder), out var id) && TryRead($"{folder}/stat") is { } stat)
            {
                // The name in brackets may hold anything; the parent is the second field after it.
                var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
                parents[id] = int.Parse(fields[1], CultureInfo.InvariantCulture);
            }
        }

        var tree = new List<int> { pid };
        for (var i = 0; i < tree.Count; i++)
        {
            tree.AddRange(parents.Where(pair => pair.Value == tree[i]).Select(static pair => pair.Key));
        }

        return tree;
    }

    /// <summary>Nanoseconds on a CPU by thread. A thread that ends takes its figure along, so compare only across short spans.</summary>
    public static Dictionary<int, long> CpuByThread(IEnumerable<int> pids)
    {
        var figures = new Dictionary<int, long>();
        foreach (var pid in pids)
        {
            var tasks = $"/proc/{pid}/task";
            if (!Directory.Exists(tasks))
            {
                continue;
            }

            foreach (var task in Directory.EnumerateDirectories(tasks))
            {
                if (TryRead($"{task}/schedstat") is { } text)
                {
                    var id = int.Parse(Path.GetFileName(task), CultureInfo.InvariantCulture);
                    figures[id] = long.Parse(text.AsSpan(0, text.IndexOf(' ')), CultureInfo.InvariantCulture);
                }
            }
        }

        return figures;
    }

    /// <summary>Nanoseconds that the calling thread was on a CPU.</summary>
    public static long CpuOfThisThread() =>
        TryRead("/proc/thread-self/schedstat") is { } text ? long.Parse(text.AsSpan(0, text.IndexOf(' ')), CultureInfo.InvariantCulture) : 0;

    /// <summary>Nanoseconds that all CPUs of the machine were busy, or taken away by its host, in ticks of 10 ms.</summary>
    public static long CpuOfMachine()
    {
        // cpu user nice system idle iowait irq softirq steal ...
        var fields = (TryRead("/proc/stat") ?? "cpu 0 0 0 0 0 0 0 0").Split('\n')[0].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return fields.Skip(1).Take(8).Where(static (_, i) => i is not (3 or 4)).Sum(static field => long.Parse(field, CultureInfo.InvariantCulture)) * 10_000_000;
    }

    public static long CpuBetween(Dictionary<int, long> before, Dictionary<int, long> after)
    {
        long sum = 0;
        foreach (var (thread, nanoseconds) in after)
        {
            sum += nanoseconds - before.GetValueOrDefault(thread);
        }

        return sum;
    }

    /// <summary>Resident and proportional set size in KiB. What two processes share counts twice in the first, once in the second.</summary>
    public static (long Rss, long Pss) MemoryKiB(IEnumerable<int> pids)
    {
        long rss = 0, pss = 0;
        foreach (var pid in pids)
        {
            rss += Field($"/proc/{pid}/status", "VmRSS:");
            pss += Field($"/proc/{pid}/smaps_rollup", "Pss:");
        }

        return (rss, pss);
    }

    private static long Field(string path, string name)
    {
        foreach (var line in (TryRead(path) ?? "").Split('\n'))
        {
            if (line.StartsWith(name, StringComparison.Ordinal))
            {
                return long.Parse(line.AsSpan(name.Length).Trim().ToString().Split(' ')[0], CultureInfo.InvariantCulture);
            }
        }

        return 0;
    }

    // A process or thread may end between listing and reading.
    private static string? TryRead(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
