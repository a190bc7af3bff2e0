using Gateway.Core.Configuration;

namespace Gateway.Core.Tests.Configuration;

public sealed class CaptureLevelTests
{
    [Theory]
    [InlineData("full", null, null, "full")]
    [InlineData("none", "full", null, "full")]
    [InlineData("full", "none", null, "none")]
    [InlineData("none", null, "metadata", "metadata")]
    [InlineData("full", "redacted", "metadata", "metadata")]
    [InlineData("none", "metadata", "full", "metadata")]
    [InlineData("full", "none", "full", "none")]
    public void Key_and_path_go_before_the_standard_and_of_both_the_one_that_keeps_less(string standard, string? key, string? route, string inForce) =>
        Assert.Equal(inForce, CaptureLevels.InForce(CaptureLevels.Read(standard)!.Value, CaptureLevels.Read(key), CaptureLevels.Read(route)).Word());

    [Fact]
    public void Nothing_is_kept_and_content_goes_after_thirty_days_unless_the_document_says_otherwise()
    {
        var usage = Documents.Good(Documents.Small).Usage;

        Assert.Equal((CaptureLevel.None, TimeSpan.FromDays(30)), (usage.Capture, usage.CaptureRetention));
    }
}
