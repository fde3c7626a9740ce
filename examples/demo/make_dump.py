"""Write the example dump: comments that we made up, with the blemishes that real dumps have.

The Parquet files beside this script are its output; a test holds them equal. Run it after changing a text:

    python examples/demo/make_dump.py
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

FOLDER = Path(__file__).parent / "dumps" / "comment" / "dt=2026-01-05"
MIDNIGHT = datetime(2026, 1, 4, 16, tzinfo=UTC)  # 00:00 in Shanghai

APP = [
    "杯子比照片上还好看，倒了开水也不烫手，已经推荐给同事了。",
    "等了九天才发货，催了三次客服只会说“亲，在核实”，再也不来了。",
    "键盘手感清脆，灯光柔和，晚上写代码心情都变好了😊",
    "充了一整夜还是百分之四十，电池肯定有问题，要求退货。",
    "衣服洗一次就掉色，把白衬衫都染蓝了，太坑人！！！",
    "物流很快，包装也仔细，水果个个新鲜，家里老人很喜欢。",
    "物流很快，包装也仔细，水果个个新鲜，家里老人很喜欢。",
    "屏幕右上角有一条亮线，换货又是亮线，质检到底在不在？",
    "客服小姐姐耐心教我装了半小时，终于搞定，必须五星好评[赞]",
    "味道怪怪的，像放了很久的塑料，孩子碰都不肯碰。",
    "鞋底软，走一天路脚也不酸，准备再买一双换着穿。",
    "说好的赠品没有，问了就说送完了，那你写在页面上干什么？",
    "耳机降噪效果出乎意料，地铁里也能安静听书。",
    "拉链第二天就坏了，<br/>线头到处都是，做工&nbsp;太差。",
    "ＮＢ！！这个价位能买到这种音质，知足了。",
    "剛收到貨，質感很好，顏色也跟圖片一樣，開心。",
    "剛用兩天螢幕就碎裂，客服還說是我自己摔的，氣死了。",
    "好",
    "",
    "   ",
    "😡😡😡",
    "👍👍👍",
    "锅很沉，但是导热均匀，煎蛋一点不粘，值这个价。",
    "颜色发黄，跟描述完全两回事，差评。",
    "@小店客服 你们家的蜂蜜真的香，泡水喝甜而不腻",
    "买来当礼物的，盒子压扁了，拿不出手，只好自己留着。",
    "续航比上一代强太多，出差三天没带充电器也够用。",
    "风扇声音像拖拉机，半夜根本睡不着。",
    "尺码偏小，不过换货很顺利，新的穿着合身，总体满意。",
    "两百块买了个寂寞，说明书没有，配件少一个，电话没人接。",
    "洗发水味道清爽，用完头皮不痒了，会回购。",
    "降价降得比翻书还快，昨天刚买今天便宜八十，心里堵得慌。",
]
WEB = [
    "房间干净，前台热情，早餐有现做的小馄饨，下次还住这里。",
    "隔音约等于没有，隔壁打呼噜听得一清二楚，一夜没合眼。",
    "离地铁口两分钟，楼下就是夜市，带孩子玩特别方便。",
    "空调滴水，马桶堵了，打电话半小时没人来，糟糕透了。",
    "窗外就是湖，早上拉开窗帘那一刻觉得这钱花得值。",
    "床单上有头发，毛巾发灰，卫生真的不敢恭维。",
    "老板记得我们不吃辣，特意少放了辣椒，很暖心。",
    "订的大床房，到了说只剩双床，不给退差价，态度还很横。",
    "这本书把复杂的道理讲得像聊天，一口气读完，收获很大。",
    "错别字多得像没校对过，翻译也生硬，读不下去。",
    "插图精美，纸张厚实，女儿每天睡前都要讲一章。",
    "前半本还行，后面全是凑字数，结尾莫名其妙。",
    "作者文笔细腻，写母亲那一段看得我眼眶发热。",
    "书角撞烂了，封面还有胶印，像别人退回来的旧书。",
    "网页打开慢得离谱，付款的时候还卡死，订单丢了两次。",
    "新版界面清楚多了，三步就能下单，点赞。",
    "更新之后天天闪退，反馈了一个月没有一个字回复。",
    "退款当天到账，没有一句废话，这样的店家让人放心。",
    "http://example.com/a1 看看人家的做工，再看看你们的，唉。",
    "服务员上错菜还说我们点错了，最后连句道歉都没有。",
    "汤头浓，牛肉给得实在，排队四十分钟也觉得值。",
    "&lt;b&gt;强烈推荐&lt;/b&gt;靠窗的位置，夕阳好看极了",
    "菜凉了才端上来，米饭夹生，一桌人谁也没吃饱。",
    "教练讲解到位，器械也新，办了年卡不后悔。",
    "停车场收费翻倍，还要自己扫码找半天，体验很差。",
    "孩子发烧，店里主动送来退烧贴和温水，真的谢谢你们。",
    "快递员把箱子往地上一扔就走，里面的瓷碗碎了三只。",
    "网速稳定，加班开视频会议一次都没断，靠谱。",
    None,
    "宣传说全棉，标签写着百分之六十聚酯纤维，这不是骗人吗？",
    "灯光暖黄，音乐轻轻的，一个人坐一下午也不觉得闷。",
    "总之，不值。",
]


def table(texts: list[str | None], source: str) -> pa.Table:
    """One file of the dump, a comment every eleven minutes."""
    rows = range(len(texts))
    return pa.table(
        {
            "id": [f"{source}-{row:04d}" for row in rows],
            "text": pa.array(texts, pa.string()),
            "created_at": pa.array([MIDNIGHT + timedelta(minutes=11 * row) for row in rows], pa.timestamp("us", "UTC")),
            "source": [source] * len(texts),
        }
    )


def tables() -> dict[str, pa.Table]:
    """All files of the dump by name."""
    return {"app.parquet": table(APP, "app"), "web.parquet": table(WEB, "web")}


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, content in tables().items():
        pq.write_table(content, FOLDER / name)
