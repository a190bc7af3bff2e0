using Gateway.Bench.Measuring;
using Gateway.Bench.Processes;
using Gateway.Bench.Targets;

namespace Gateway.Bench.Table;

/// <summary>CPU counters of everybody who takes part, read at one moment.</summary>
internal sealed class CpuReading
{
    private Dictionary<string, Dictionary<int, long>> _counted = [];
    private Dictionary<int, long> _mock = [];
    private long _machine;
    private long _time;
    private Dictionary<string, Dictionary<int, long>> _beside = [];

    public IReadOnlyList<int> CountedPids { get; private init; } = [];

    public static CpuReading Of(Target target, ChildProcess mock)
    {
        var pids = target.Counted.SelectMany(static process => process.Tree).ToList();
        return new CpuReading
        {
            CountedPids = pids,
            _counted = ByName(target.Counted),
            _mock = ProcessFigures.CpuByThread([mock.Pid]),
            _machine = ProcessFigures.CpuOfMachine(),
            _time = Clock.Now,
            _beside = ByName(target.Beside),
        };
    }

    public long Counted(CpuReading before) => _counted.Keys.Sum(name => Part(before, name));

    /// <summary>One of the target's own processes.</summary>
    public long Part(CpuReading before, string name) => ProcessFigures.CpuBetween(before._counted[name], _counted[name]);

    public long Mock(CpuReading before) => ProcessFigures.CpuBetween(before._mock, _mock);

    public long Beside(CpuReading before, string name) => ProcessFigures.CpuBetween(before._beside[name], _beside[name]);

    /// <summary>Percent of the machine that went to nobody of this bench: other programs, the kernel's own threads, the host.</summary>
    public double OthersPercent(CpuReading before, long generator)
    {
        var own = Counted(before) + Mock(before) + generator + _beside.Keys.Sum(name => Beside(before, name));
        return Math.Max(0, 100.0 * (_machine - before._machine - own) / ((_time - before._time) * (double)Environment.ProcessorCount));
    }

    private static Dictionary<string, Dictionary<int, long>> ByName(IEnumerable<ChildProcess> processes) =>
        processes.ToDictionary(static process => process.Name, static process => ProcessFigures.CpuByThread(process.Tree));
}
