using Gateway.Bench;

try
{
    return await Commands.RunAsync(args);
}
catch (BenchException e)
{
    Console.Error.WriteLine(e.Message);
    return 2;
}
catch (OperationCanceledException)
{
    Console.Error.WriteLine("Stopped; everything that was started has ended.");
    return 130;
}
