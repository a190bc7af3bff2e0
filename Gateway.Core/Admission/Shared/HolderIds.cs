namespace Gateway.Core.Admission.Shared;

/// <summary>How the ids of holders begin (<see cref="IAdmissionStore.RenewAsync"/>); what follows is made anew at each start of a process.</summary>
/// <remarks>A Router that went away may come back with records of what it had begun, so its holds are waited for. An Edge leaves no records.</remarks>
public static class HolderIds
{
    public const string EdgePrefix = "edge:";
    public const string RouterPrefix = "router:";
}
