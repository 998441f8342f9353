export default function Page({ id }: { id: string }) { return id; }
